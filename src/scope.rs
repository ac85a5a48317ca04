//! Which callers a function admits, and which functions a gateway reaches. Nothing is reached that is not listed.

use crate::error::Error;

/// What a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Callers, by their names, letter by letter.
    Callers,
    /// Functions, by their names, or by `path/to/module:*`: every function of a module that has a name of its own.
    Functions,
}

/// Lets a caller or a function pass that is on the list. The name of a function that is not [canonical](is_canonical) is on no list.
///
/// # Errors
/// [`Error::CallerForbidden`] or [`Error::FunctionForbidden`].
pub fn check<'a>(listing: Listing, list: impl Iterator<Item = &'a [u8]>, name: &[u8]) -> Result<(), Error> {
    let functions = listing == Listing::Functions;
    // To the end of the list: what an export has not read from the area it does not wipe.
    let is_listed = list.fold(false, |found, entry| found | (entry == name || (functions && covers(entry, name))));
    if is_listed && (!functions || is_canonical(name)) {
        Ok(())
    } else if functions {
        Err(Error::FunctionForbidden)
    } else {
        Err(Error::CallerForbidden)
    }
}

fn covers(entry: &[u8], name: &[u8]) -> bool {
    entry.strip_suffix(b"*").is_some_and(|module| module.ends_with(b":") && name.starts_with(module))
}

/// Whether this is the name that Convex's `getFunctionName` prints for a function of the app itself: `path/to/module:function`, or
/// `path/to/module` for a default export. Convex takes other spellings for the same function (`module.js:f`, `module:default`), handles
/// (`function://...`), and the names of its own functions (`_system/...`). No module's path has a full stop: Convex passes such files over.
#[must_use]
pub fn is_canonical(name: &[u8]) -> bool {
    let mut in_module = true;
    let mut previous = b'/';
    for c in name {
        match c {
            b':' if in_module && previous != b'/' => in_module = false,
            b'/' if in_module && previous != b'/' => {}
            b'$' if !in_module => {}
            b'_' => {}
            _ if c.is_ascii_alphanumeric() => {}
            _ => return false,
        }
        previous = *c;
    }
    previous != b'/' && previous != b':' && !name.starts_with(b"_") && !name.ends_with(b":default")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reaches(list: &[&str], name: &str) -> bool {
        let checked = check(Listing::Functions, list.iter().map(|entry| entry.as_bytes()), name.as_bytes());
        assert!(matches!(checked, Ok(()) | Err(Error::FunctionForbidden)), "{checked:?}");
        checked.is_ok()
    }

    #[test]
    fn a_function_is_reached_by_its_name_or_by_its_module() {
        for list in [["orders:create"], ["orders:*"]] {
            assert!(reaches(&list, "orders:create"), "{list:?}");
        }
        assert!(reaches(&["a:b", "shop/v2_orders:*"], "shop/v2_orders:create$_1"));
        assert!(reaches(&["shop/orders"], "shop/orders"), "a default export");
    }

    #[test]
    fn what_nobody_lists_is_not_reached() {
        for list in [
            &[][..],
            &["orders:cancel"],
            &["orders"],
            &["shop/orders:create"],
            &["orders:*create"],
            &["orders:cre*"],
            &["*"],
            &["*:*"],
            &[":*"],
            &["ORDERS:*"],
        ] {
            assert!(!reaches(list, "orders:create"), "{list:?}");
        }
        for name in ["ordersx:create", "shop/orders:create", "orders", "orders/x:create", "", "orders:", "orders:*"] {
            assert!(!reaches(&["orders:*"], name), "{name:?}");
        }
    }

    #[test]
    fn a_function_has_one_name() {
        for name in [
            "orders:default",
            "orders.js:create",
            "orders.js",
            "./orders:create",
            "../orders:create",
            "a/../orders:create",
            "a/./b:c",
            "/orders:create",
            "orders/:create",
            "a//b:c",
            "orders:create:create",
            "orders::create",
            ":create",
            "_system/cli/tables:list",
            "_deps/x:y",
            "function://orders:create",
            "function://;orders:create",
            "orders:create ",
            " orders:create",
            "orders:crea\u{301}te",
            "ord\u{eb}rs:create",
            "orders:create\0",
            "orders:cre-ate",
            "orders\\x:create",
            "_reference/childComponent/a/b",
        ] {
            assert!(!is_canonical(name.as_bytes()), "{name:?}");
            assert!(!reaches(&[name], name), "{name:?}, even where it is listed");
        }
    }

    #[test]
    fn callers_are_listed_letter_by_letter() {
        let check = |list: &[&str], caller: &str| check(Listing::Callers, list.iter().map(|entry| entry.as_bytes()), caller.as_bytes());
        assert_eq!(check(&["web", "worker"], "worker"), Ok(()));
        assert_eq!(check(&["a worker: the first"], "a worker: the first"), Ok(()), "any text is a name");
        for list in [&[][..], &["web"], &["worker2"], &["work"], &["Worker"], &["*"], &["worker:*"], &["worke*"]] {
            assert_eq!(check(list, "worker"), Err(Error::CallerForbidden), "{list:?}");
        }
    }
}
