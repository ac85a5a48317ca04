//! Lists of callers and functions, held to a second reading of the same rules that takes names apart and compares the parts.

use countersign::error::Error;
use countersign::scope::{self, Listing, is_canonical};
use proptest::prelude::*;

fn check(listing: Listing, list: &[impl AsRef<[u8]>], name: &[u8]) -> Result<(), Error> {
    scope::check(listing, list.iter().map(AsRef::as_ref), name)
}

/// The folders, the module, and the function, which a default export has not.
fn parts(name: &str) -> Option<(Vec<&str>, Option<&str>)> {
    let (path, function) = match name.split_once(':') {
        Some((path, function)) => (path, Some(function)),
        None => (name, None),
    };
    let letters = |text: &str, more: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let path: Vec<&str> = path.split('/').collect();
    let is_path = path.iter().all(|part| letters(part, "_")) && !path[0].starts_with('_');
    let is_function = function.is_none_or(|function| letters(function, "_$") && function != "default");
    (is_path && is_function).then_some((path, function))
}

fn reaches(list: &[String], name: &str) -> bool {
    let Some((path, function)) = parts(name) else { return false };
    list.iter().any(|entry| {
        let same_module = |module: &str| module.split('/').eq(path.iter().copied());
        match entry.split_once(':') {
            Some((module, "*")) => function.is_some() && same_module(module),
            Some((module, named)) => function == Some(named) && same_module(module),
            None => function.is_none() && same_module(entry),
        }
    })
}

/// Names of the app's functions, and what is nearly one.
fn name() -> impl Strategy<Value = String> {
    let part = || prop::sample::select(vec!["a", "b", "ab", "orders", "Orders", "v2_", "_a", "_system", "a1", "default"]);
    let good = (prop::collection::vec(part(), 1..4), prop::option::of(part())).prop_map(|(path, function)| {
        let path = path.join("/");
        function.map_or_else(|| path.clone(), |function| format!("{path}:{function}"))
    });
    let pieces = vec![
        "a",
        "b",
        "ab",
        "/",
        ":",
        "*",
        ".",
        "..",
        ".js",
        "$",
        "_",
        "default",
        "function://",
        ";",
        " ",
        "\0",
        "\n",
        "-",
        "\\",
        "%",
        "\u{e9}",
        "\u{301}",
        "\u{ff0f}",
        "\u{ff1a}",
        "A",
        "0",
    ];
    let any = prop::collection::vec(prop::sample::select(pieces), 0..7).prop_map(|pieces| pieces.concat());
    prop_oneof![4 => good.clone(), 2 => any.clone(), 1 => (good, any).prop_map(|(good, any)| format!("{good}{any}"))]
}

/// An entry of a list: a name, everything of a module, or something near one of the two.
fn entry() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => name(),
        2 => name().prop_map(|name| format!("{}:*", name.split(':').next().unwrap_or_default())),
        1 => (name(), prop::sample::select(vec!["*", "/*", ":**", "/*:*", ":*:*", ":* ", ":a*", ":*a"])).prop_map(|(name, end)| name + end),
    ]
}

/// A list in which the name, or the name's module, stands as often as not.
fn listed() -> impl Strategy<Value = (Vec<String>, String)> {
    (prop::collection::vec(entry(), 0..6), name(), any::<prop::sample::Index>(), 0..4_u8).prop_map(|(mut list, name, at, how)| {
        let module = || format!("{}:*", name.split(':').next().unwrap_or_default());
        let more = [Some(name.clone()), Some(module()), None, None];
        if let Some(entry) = more[usize::from(how)].clone() {
            list.insert(at.index(list.len() + 1), entry);
        }
        (list, name)
    })
}

/// Any texts, of bytes that meet.
fn caller() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(prop::sample::select(vec![b'a', b'b', b'*', b':', 0, 0xff]), 0..4),
        prop::collection::vec(any::<u8>(), 0..4)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4096) })]

    #[test]
    fn a_gateway_reaches_what_a_second_reading_of_its_list_says((list, name) in listed()) {
        let expected = if reaches(&list, &name) { Ok(()) } else { Err(Error::FunctionForbidden) };
        prop_assert_eq!(check(Listing::Functions, &list, name.as_bytes()), expected);
    }

    #[test]
    fn a_name_is_canonical_if_its_parts_are(name in name()) {
        prop_assert_eq!(is_canonical(name.as_bytes()), parts(&name).is_some());
    }

    #[test]
    fn a_function_is_reached_by_one_spelling_only(one in name(), other in name()) {
        // No entry but a module's reaches two names.
        let is_reached = check(Listing::Functions, &[&one], other.as_bytes()).is_ok();
        prop_assert!(!is_reached || one == other || one.strip_suffix(":*").is_some_and(|module| other.split(':').next() == Some(module)));
    }

    #[test]
    fn the_order_of_a_list_and_how_often_a_name_is_in_it_make_no_difference((list, name) in listed(), by: prop::sample::Index) {
        let answer = check(Listing::Functions, &list, name.as_bytes());
        let mut turned = list.clone();
        turned.rotate_left(by.index(list.len().max(1)));
        turned.extend(list.iter().rev().cloned());
        prop_assert_eq!(check(Listing::Functions, &turned, name.as_bytes()), answer);
        // More entries never take away what there is.
        let shorter = &list[..by.index(list.len() + 1)];
        prop_assert!(answer.is_ok() || check(Listing::Functions, shorter, name.as_bytes()).is_err());
    }

    #[test]
    fn a_caller_is_admitted_if_it_is_on_the_list(list in prop::collection::vec(caller(), 0..6), name in caller(), at: prop::sample::Index, is_listed: bool) {
        let mut list = list;
        if is_listed {
            list.insert(at.index(list.len() + 1), name.clone());
        }
        let expected = if list.contains(&name) { Ok(()) } else { Err(Error::CallerForbidden) };
        prop_assert_eq!(check(Listing::Callers, &list, &name), expected);
    }

    #[test]
    fn any_bytes_are_a_name_and_a_list(bytes in prop::collection::vec(any::<u8>(), 0..12), list in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..3)) {
        let canonical = std::str::from_utf8(&bytes).ok().and_then(parts).is_some();
        prop_assert_eq!(is_canonical(&bytes), canonical);
        let mut with = list;
        with.push(bytes.clone());
        prop_assert_eq!(check(Listing::Functions, &with, &bytes), if canonical { Ok(()) } else { Err(Error::FunctionForbidden) });
    }
}

#[test]
fn a_list_is_read_to_its_end_whatever_is_found_in_it() {
    for name in [&b"a:b"[..], b"a:z", b"c:d", b"a:default"] {
        for listing in [Listing::Functions, Listing::Callers] {
            let list = ["a:b", "a:*", "a:b", "c:d", "e:f"];
            let mut rest = list.iter().map(|entry| entry.as_bytes());
            let answer = scope::check(listing, rest.by_ref(), name);
            assert_eq!(rest.next(), None, "{answer:?}");
        }
    }
}

#[test]
fn every_byte_is_in_a_name_where_it_may_be_and_nowhere_else() {
    for byte in 0..=u8::MAX {
        let c = byte.is_ascii_alphanumeric() || byte == b'_';
        for (before, after, expected) in [
            ("a", "b:c", c || byte == b'/'),
            ("a/", "b:c", c),
            ("a:", "c", c || byte == b'$'),
            ("a:c", "", c || byte == b'$'),
            ("", "a:c", c && byte != b'_'),
            ("a", "", c),
        ] {
            let name = [before.as_bytes(), &[byte], after.as_bytes()].concat();
            assert_eq!(is_canonical(&name), expected, "{byte:#04x} between {before:?} and {after:?}");
        }
    }
}
