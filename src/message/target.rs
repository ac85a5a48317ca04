//! Where a request goes: the origin that both sides were told, and the target of its first line.

use crate::error::Error;

/// The longest request target, in bytes.
pub const MAX_TARGET_LEN: usize = 16 * 1024;

/// The longest origin, in bytes.
pub const MAX_ORIGIN_LEN: usize = 300;

/// An origin (RFC 6454): scheme and authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// `http` or `https`.
    pub scheme: &'a [u8],
    /// Host, and port unless it is the scheme's own; in lower case.
    pub authority: &'a [u8],
}

impl<'a> Origin<'a> {
    /// Reads an origin in the form in which `new URL(...).origin` writes it.
    ///
    /// # Errors
    /// [`Error::TypeInvalid`].
    pub fn parse(text: &'a [u8]) -> Result<Self, Error> {
        Self::read(text).filter(|_| text.len() <= MAX_ORIGIN_LEN).ok_or(Error::TypeInvalid)
    }

    fn read(text: &'a [u8]) -> Option<Self> {
        let (scheme, own_port) = if text.starts_with(b"https:") { (&text[..5], "443") } else { (text.get(..4)?, "80") };
        let authority = text.strip_prefix(scheme)?.strip_prefix(b"://")?;
        let (host, port) = split_port(authority);
        let is_host = match host {
            [b'[', inside @ .., b']'] => !inside.is_empty() && inside.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f' | b':')),
            _ => !host.is_empty() && host.iter().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_')),
        };
        let is_port = port.is_none_or(|port| is_port(port) && port != own_port.as_bytes());
        (matches!(scheme, b"http" | b"https") && is_host && is_port).then_some(Self { scheme, authority })
    }
}

/// Host and port. A colon in brackets belongs to the host.
fn split_port(authority: &[u8]) -> (&[u8], Option<&[u8]>) {
    match authority.iter().rposition(|c| matches!(c, b':' | b']')) {
        Some(at) if authority[at] == b':' => (&authority[..at], Some(&authority[at + 1..])),
        _ => (authority, None),
    }
}

fn is_port(port: &[u8]) -> bool {
    let is_number = matches!(port, [b'1'..=b'9', ..]) && port.len() <= 5 && port.iter().all(u8::is_ascii_digit);
    is_number && port.iter().fold(0, |sum, c| sum * 10 + u32::from(c - b'0')) <= 65_535
}

/// A request target in origin form (RFC 9112, section 3.2.1), as every host's URL parser leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The path, from its first slash to the question mark.
    pub path: &'a [u8],
    /// The query, with its question mark; nothing if there is none, or if nothing is behind it.
    pub query: &'a [u8],
}

impl<'a> Target<'a> {
    /// Reads a target. Path and query are what they are, byte for byte: nothing is decoded, put in order or made shorter, because the hosts
    /// differ in that. What one host would change before anybody sees it is refused on all of them: dot segments, in any spelling; bytes that
    /// a URL parser (WHATWG URL, percent-encode sets of path and special query) writes otherwise; `%` without two digits; a backslash; a fragment;
    /// two slashes in front, behind which some would read another host.
    ///
    /// # Errors
    /// [`Error::HeaderInvalid`].
    pub fn parse(text: &'a [u8]) -> Result<Self, Error> {
        let end = text.iter().position(|c| *c == b'?').unwrap_or(text.len());
        let (path, query) = text.split_at(end);
        let is_normal = text.len() <= MAX_TARGET_LEN
            && path.starts_with(b"/")
            && !path.starts_with(b"//")
            && path.split(|c| *c == b'/').all(|segment| !is_dots(segment))
            && path.iter().all(|c| is_url_char(*c) && !matches!(c, b'^' | b'`' | b'{' | b'}'))
            && query.iter().all(|c| is_url_char(*c) && *c != b'\'')
            && text.split(|c| *c == b'%').skip(1).all(|rest| matches!(rest, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()));
        let query = if query == b"?" { b"" } else { query };
        is_normal.then_some(Self { path, query }).ok_or(Error::HeaderInvalid)
    }
}

fn is_url_char(c: u8) -> bool {
    c.is_ascii_graphic() && !matches!(c, b'"' | b'#' | b'<' | b'>' | b'\\')
}

/// One or two dots, each as it is or as `%2e`.
fn is_dots(segment: &[u8]) -> bool {
    let mut rest = segment;
    let mut dots = 0;
    while let [b'.', left @ ..] | [b'%', b'2', b'e' | b'E', left @ ..] = rest {
        rest = left;
        dots += 1;
    }
    rest.is_empty() && matches!(dots, 1 | 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_one_form() {
        for (text, scheme, authority) in [
            ("https://app.example", "https", "app.example"),
            ("http://localhost:3000", "http", "localhost:3000"),
            ("https://a_b.example-1.test:80", "https", "a_b.example-1.test:80"),
            ("http://[::1]:8080", "http", "[::1]:8080"),
            ("http://[2001:db8::f]", "http", "[2001:db8::f]"),
            ("http://127.0.0.1:65535", "http", "127.0.0.1:65535"),
        ] {
            let origin = Origin { scheme: scheme.as_bytes(), authority: authority.as_bytes() };
            assert_eq!(Origin::parse(text.as_bytes()), Ok(origin), "{text}");
        }
        for text in [
            "",
            "http",
            "https://",
            "https:///",
            "https:/a",
            "ftp://a",
            "httpx://a",
            "HTTPS://a",
            "https://A",
            "https://a/",
            "https://a?",
            "https://a#",
            "https://u@a",
            "https://a:443",
            "http://a:80",
            "https://a:",
            "https://a:0",
            "https://a:080",
            "https://a:65536",
            "https://a:99999999999",
            "https://a:8a",
            "https://:80",
            "https://[]",
            "https://[::1",
            "https://[::g]",
            "https://[::A]",
            "https://a b",
            "https://a,b",
            "https://a\n",
            "https://\u{e9}",
            "a",
            "//a",
        ] {
            assert_eq!(Origin::parse(text.as_bytes()), Err(Error::TypeInvalid), "{text}");
        }
        let long = |len: usize| format!("https://{}", "a".repeat(len - 8));
        assert!(Origin::parse(long(MAX_ORIGIN_LEN).as_bytes()).is_ok());
        assert!(Origin::parse(long(MAX_ORIGIN_LEN + 1).as_bytes()).is_err());
    }

    #[test]
    fn a_target_is_taken_byte_for_byte() {
        for (text, path, query) in [
            ("/", "/", ""),
            ("/?", "/", ""),
            ("/a//b/?x=1&x=2&a=%7e&A=%7E+%20", "/a//b/", "?x=1&x=2&a=%7e&A=%7E+%20"),
            ("/a//", "/a//", ""),
            ("/%2F/.../.a/a./..a/%2e%2e%2e", "/%2F/.../.a/a./..a/%2e%2e%2e", ""),
            ("/a??b?c", "/a", "??b?c"),
            ("/a?../{}^`|[]", "/a", "?../{}^`|[]"),
            ("/a'|[];:@!$&()*+,=~", "/a'|[];:@!$&()*+,=~", ""),
        ] {
            let target = Target { path: path.as_bytes(), query: query.as_bytes() };
            assert_eq!(Target::parse(text.as_bytes()), Ok(target), "{text}");
        }
    }

    #[test]
    fn what_a_url_parser_would_change_is_refused() {
        for text in [
            "",
            "//",
            "//a.example/b",
            "?",
            "*",
            "a",
            "https://a.example/",
            "/.",
            "/..",
            "/./",
            "/a/../b",
            "/a/.",
            "/a/%2e",
            "/%2E%2e/b",
            "/.%2e",
            "/%2e.",
            "/a#b",
            "/a?b#c",
            "/a b",
            "/a?b c",
            "/a\tb",
            "/a\u{e9}",
            "/a\"",
            "/a<",
            "/a>",
            "/a`",
            "/a{",
            "/a}",
            "/a^",
            "/a\\b",
            "/a?\"",
            "/a?<",
            "/a?>",
            "/a?'",
            "/%",
            "/%2",
            "/%zz",
            "/%2g",
            "/a?%",
            "/a?%4",
            "/a\u{0}",
            "/a\r\nb",
            "/a\u{7f}",
        ] {
            assert_eq!(Target::parse(text.as_bytes()), Err(Error::HeaderInvalid), "{text:?}");
        }
        let long = |len: usize| format!("/{}", "a".repeat(len - 1));
        assert!(Target::parse(long(MAX_TARGET_LEN).as_bytes()).is_ok());
        assert!(Target::parse(long(MAX_TARGET_LEN + 1).as_bytes()).is_err());
    }
}
