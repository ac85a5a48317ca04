//! Structured fields (RFC 8941), as far as signatures and digests need them: dictionaries of byte sequences, and of lists of strings.
//!
//! What is read is what serialising (section 4.1) writes, and nothing else: no space that might as well be absent, no second spelling of a
//! number or of true, no key twice. So the text of a part is its value, and is signed as it stands.

use alloc::vec::Vec;

use crate::text::from_base64;

/// The longest field, in bytes.
pub const MAX_FIELD_LEN: usize = 8 * 1024;

/// The most members of a dictionary.
pub const MAX_MEMBERS: usize = 16;

/// The most items of a list, and parameters of anything.
pub const MAX_ITEMS: usize = 64;

/// A value without parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bare<'a> {
    /// An integer of up to 15 digits.
    Integer(i64),
    /// A decimal number. Nothing of ours has one, so its text is enough.
    Decimal(&'a [u8]),
    /// A string, what is between its quotes. A backslash is still there.
    String(&'a [u8]),
    /// A token.
    Token(&'a [u8]),
    /// A byte sequence.
    Bytes(Vec<u8>),
    /// A boolean.
    Boolean(bool),
}

/// Parameters: names and values.
pub type Parameters<'a> = Vec<(&'a [u8], Bare<'a>)>;

/// A value with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// All of it, as it is written.
    pub text: &'a [u8],
    /// The value.
    pub bare: Bare<'a>,
    /// Its parameters.
    pub parameters: Parameters<'a>,
}

/// What a member of a dictionary is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// One item.
    Item(Item<'a>),
    /// An inner list.
    List(List<'a>),
}

/// An inner list with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<'a> {
    /// All of it, as it is written.
    pub text: &'a [u8],
    /// What is in the list.
    pub items: Vec<Item<'a>>,
    /// The list's parameters.
    pub parameters: Parameters<'a>,
}

/// A dictionary: keys, each once, and their values.
pub type Dictionary<'a> = Vec<(&'a [u8], Value<'a>)>;

/// Reads a dictionary (RFC 8941, section 3.2) of 1 to [`MAX_MEMBERS`] members. `None` if it is anything else.
#[must_use]
pub fn dictionary(field: &[u8]) -> Option<Dictionary<'_>> {
    if field.len() > MAX_FIELD_LEN {
        return None;
    }
    let mut reader = Reader { rest: field };
    let mut members: Dictionary<'_> = Vec::new();
    loop {
        let key = reader.key()?;
        let value = if reader.skip(b"=") { reader.value()? } else { Value::Item(reader.truth()?) };
        if members.len() == MAX_MEMBERS || members.iter().any(|(other, _)| *other == key) {
            return None;
        }
        members.push((key, value));
        if reader.rest.is_empty() {
            return Some(members);
        }
        if !reader.skip(b", ") {
            return None;
        }
    }
}

/// The value of a parameter.
#[must_use]
pub fn parameter<'a, 'b>(parameters: &'b Parameters<'a>, name: &str) -> Option<&'b Bare<'a>> {
    parameters.iter().find(|(key, _)| *key == name.as_bytes()).map(|(_, value)| value)
}

/// What is left to read.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn skip(&mut self, prefix: &[u8]) -> bool {
        let found = self.rest.strip_prefix(prefix);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// As many of these bytes as there are.
    fn run(&mut self, is_one: impl Fn(u8) -> bool) -> &'a [u8] {
        let len = self.rest.iter().position(|c| !is_one(*c)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(len);
        self.rest = rest;
        run
    }

    /// What was read since `start`.
    fn since(&self, start: &'a [u8]) -> &'a [u8] {
        &start[..start.len() - self.rest.len()]
    }

    /// Section 3.1.2.
    fn key(&mut self) -> Option<&'a [u8]> {
        let key = self.run(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*'));
        matches!(key, [b'a'..=b'z' | b'*', ..]).then_some(key)
    }

    fn value(&mut self) -> Option<Value<'a>> {
        if self.rest.starts_with(b"(") {
            return self.list().map(Value::List);
        }
        // True is written as the key alone.
        self.item().filter(|item| item.bare != Bare::Boolean(true)).map(Value::Item)
    }

    /// A member that is only a key, or a key with parameters.
    fn truth(&mut self) -> Option<Item<'a>> {
        let start = self.rest;
        let parameters = self.parameters()?;
        Some(Item { text: self.since(start), bare: Bare::Boolean(true), parameters })
    }

    /// Section 3.1.1.
    fn list(&mut self) -> Option<List<'a>> {
        let start = self.rest;
        if !self.skip(b"(") {
            return None;
        }
        let mut items = Vec::new();
        while !self.skip(b")") {
            if items.len() == MAX_ITEMS || (!items.is_empty() && !self.skip(b" ")) {
                return None;
            }
            items.push(self.item()?);
        }
        let parameters = self.parameters()?;
        Some(List { text: self.since(start), items, parameters })
    }

    /// Section 3.3.
    fn item(&mut self) -> Option<Item<'a>> {
        let start = self.rest;
        let bare = self.bare()?;
        let parameters = self.parameters()?;
        Some(Item { text: self.since(start), bare, parameters })
    }

    fn parameters(&mut self) -> Option<Parameters<'a>> {
        let mut parameters: Parameters<'a> = Vec::new();
        while self.skip(b";") {
            let key = self.key()?;
            let value = if self.skip(b"=") { self.bare().filter(|value| *value != Bare::Boolean(true))? } else { Bare::Boolean(true) };
            if parameters.len() == MAX_ITEMS || parameter_exists(&parameters, key) {
                return None;
            }
            parameters.push((key, value));
        }
        Some(parameters)
    }

    fn bare(&mut self) -> Option<Bare<'a>> {
        match self.rest.first()? {
            b'"' => self.string(),
            b':' => self.bytes(),
            b'?' if self.skip(b"?0") => Some(Bare::Boolean(false)),
            b'?' => self.skip(b"?1").then_some(Bare::Boolean(true)),
            b'-' | b'0'..=b'9' => self.number(),
            b'*' | b'a'..=b'z' | b'A'..=b'Z' => Some(Bare::Token(self.run(|c| matches!(c, b':' | b'/' | b'*') || is_token_char(c)))),
            _ => None,
        }
    }

    /// Section 3.3.3: printable ASCII, a backslash only before a quote or a backslash.
    fn string(&mut self) -> Option<Bare<'a>> {
        let (_, inside) = self.rest.split_first()?;
        let mut chars = inside.iter().enumerate();
        while let Some((at, char)) = chars.next() {
            match char {
                b'"' => {
                    self.rest = &inside[at + 1..];
                    return Some(Bare::String(&inside[..at]));
                }
                b'\\' if matches!(chars.next(), Some((_, b'"' | b'\\'))) => {}
                b'\\' => return None,
                0x20..=0x7e => {}
                _ => return None,
            }
        }
        None
    }

    /// Section 3.3.5.
    fn bytes(&mut self) -> Option<Bare<'a>> {
        self.skip(b":");
        let text = self.run(|c| c != b':');
        if self.skip(b":") { from_base64(text).map(Bare::Bytes) } else { None }
    }

    /// Sections 3.3.1 and 3.3.2.
    fn number(&mut self) -> Option<Bare<'a>> {
        let start = self.rest;
        let is_negative = self.skip(b"-");
        let digits = self.run(|c| c.is_ascii_digit());
        if matches!(digits, [] | [b'0', _, ..]) || digits.len() > 15 {
            return None;
        }
        if self.skip(b".") {
            let fraction = self.run(|c| c.is_ascii_digit());
            let is_shortest = matches!(fraction, [_] | [_, b'1'..=b'9'] | [_, _, b'1'..=b'9']);
            let is_zero = digits == b"0" && fraction == b"0";
            return (is_shortest && digits.len() <= 12 && !(is_negative && is_zero)).then(|| Bare::Decimal(self.since(start)));
        }
        let number = digits.iter().fold(0, |sum, c| sum * 10 + i64::from(c - b'0'));
        match (is_negative, number) {
            (true, 0) => None,
            (true, _) => Some(Bare::Integer(-number)),
            (false, _) => Some(Bare::Integer(number)),
        }
    }
}

fn parameter_exists(parameters: &Parameters<'_>, key: &[u8]) -> bool {
    parameters.iter().any(|(other, _)| *other == key)
}

/// RFC 9110, section 5.6.2.
pub(crate) fn is_token_char(c: u8) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests;
