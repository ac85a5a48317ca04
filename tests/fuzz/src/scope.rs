//! Lists of callers and functions. The second implementation is made of regular expressions (the crate `regex-lite`): one for the names that
//! a function of the app can have, and one for each entry of a list.

use std::sync::LazyLock;

use countersign::error::Error;
use countersign::scope::{self, Listing, is_canonical};
use regex_lite::{Regex, escape};

use crate::choices::Choices;

static CANONICAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[A-Za-z0-9][A-Za-z0-9_]*(/[A-Za-z0-9_]+)*(:[A-Za-z0-9_$]+)?$").expect("a regular expression"));

/// What is not text is no name.
fn is_name(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(|name| CANONICAL.is_match(name) && !name.ends_with(":default"))
}

fn stands_for(entry: &[u8], name: &[u8]) -> bool {
    let [Ok(entry), Ok(name)] = [entry, name].map(std::str::from_utf8) else { return false };
    let pattern = match entry.strip_suffix(":*") {
        Some(module) => format!("^{}:[^:]+$", escape(module)),
        None => format!("^{}$", escape(entry)),
    };
    Regex::new(&pattern).expect("a regular expression").is_match(name)
}

fn check(listing: Listing, list: &[Vec<u8>], name: &[u8]) -> bool {
    let answer = scope::check(listing, list.iter().map(Vec::as_slice), name);
    let expected = match listing {
        Listing::Callers if list.iter().any(|entry| entry == name) => Ok(()),
        Listing::Callers => Err(Error::CallerForbidden),
        Listing::Functions if is_name(name) && list.iter().any(|entry| stands_for(entry, name)) => Ok(()),
        Listing::Functions => Err(Error::FunctionForbidden),
    };
    let texts: Vec<_> = list.iter().map(|entry| String::from_utf8_lossy(entry)).collect();
    assert_eq!(answer, expected, "{listing:?} {texts:?}: {}", String::from_utf8_lossy(name));
    answer.is_ok()
}

/// Pieces of names, and of what is none.
fn text(choices: &mut Choices) -> Vec<u8> {
    let pieces = [
        "a",
        "orders",
        "/",
        ":",
        "*",
        "default",
        "_",
        "$",
        ".js",
        ".",
        "..",
        "function://",
        ";",
        "Z9",
        "\0",
        "\u{e9}",
        " ",
        "_system",
        ":*",
        "create",
    ];
    match choices.below(4) {
        0 => choices.pick(&["orders:create", "shop/orders:create", "a:b", "a", "", "*", ":*", "orders:*"]).into(),
        1 => choices.bytes(40),
        _ => (0..choices.below(7)).flat_map(|_| choices.pick(&pieces).bytes()).collect(),
    }
}

/// The fuzz target.
pub fn run(data: &[u8]) -> bool {
    let accepted = is_canonical(data);
    assert_eq!(accepted, is_name(data), "{}", String::from_utf8_lossy(data));
    assert_eq!(check(Listing::Functions, &[data.to_vec()], data), accepted);
    assert!(check(Listing::Callers, &[data.to_vec()], data));

    let mut choices = Choices::new(data);
    let name = text(&mut choices);
    let mut list: Vec<Vec<u8>> = (0..choices.below(5)).map(|_| text(&mut choices)).collect();
    match choices.below(4) {
        // The name, or what stands for its module, is on the list; perhaps changed a little.
        0 => list.push(name.clone()),
        1 => list.push([name.split(|c| *c == b':').next().unwrap_or_default(), b":*"].concat()),
        _ => {}
    }
    if choices.flag()
        && let Some(entry) = list.last_mut()
    {
        choices.edit(entry);
    }
    let mut other = name.clone();
    choices.edit(&mut other);
    for listing in [Listing::Functions, Listing::Callers] {
        check(listing, &list, &name);
        check(listing, &list, &other);
        check(listing, &list, data);
        assert!(!check(listing, &[], &name), "nothing is on an empty list");
    }
    accepted
}
