//! A JSON object (RFC 8259), read strictly: one value for each name, well-formed Unicode, bounded in number and depth. Only texts and
//! numbers are told; anything else is looked over.

use alloc::vec;
use alloc::vec::Vec;

use crate::text::is_utf8;

/// The most members of an object, and how deep the values of others may go.
const MAX_MEMBERS: usize = 64;
const MAX_DEPTH: usize = 16;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text, its escapes resolved.
    Text(Vec<u8>),
    /// A number, as it is written.
    Number(&'a [u8]),
    /// Anything else.
    Other,
}

/// The members of an object.
#[derive(Debug, PartialEq, Eq)]
pub struct Object<'a>(Vec<(Vec<u8>, Value<'a>)>);

impl<'a> Object<'a> {
    /// Reads an object. `None` unless `text` is one, and nothing else.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(text);
        let members = if is_utf8(text) { reader.members()? } else { return None };
        reader.blank();
        reader.0.is_empty().then_some(Self(members))
    }

    pub fn get(&self, name: &[u8]) -> Option<&Value<'a>> {
        self.0.iter().find(|member| member.0 == name).map(|member| &member.1)
    }

    pub fn text(&self, name: &[u8]) -> Option<&[u8]> {
        if let Some(Value::Text(text)) = self.get(name) { Some(text) } else { None }
    }

    pub fn number(&self, name: &[u8]) -> Option<&'a [u8]> {
        if let Some(Value::Number(digits)) = self.get(name) { Some(digits) } else { None }
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn blank(&mut self) {
        let len = self.0.iter().take_while(|c| matches!(c, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.0 = &self.0[len..];
    }

    /// Takes this off, if it comes next.
    fn takes(&mut self, text: &[u8]) -> bool {
        self.0.strip_prefix(text).map(|rest| self.0 = rest).is_some()
    }

    /// The same, behind white space.
    fn takes_mark(&mut self, mark: u8) -> bool {
        self.blank();
        self.takes(&[mark])
    }

    fn members(&mut self) -> Option<Vec<(Vec<u8>, Value<'a>)>> {
        let mut members: Vec<(Vec<u8>, Value)> = vec![];
        self.list(b'{', b'}', |reader| {
            reader.blank();
            let name = reader.text()?;
            let fits = reader.takes_mark(b':') && members.len() < MAX_MEMBERS && members.iter().all(|member| member.0 != name);
            let value = if fits { reader.value(MAX_DEPTH)? } else { return None };
            members.push((name, value));
            Some(())
        })?;
        Some(members)
    }

    /// What stands between two brackets, apart by commas.
    fn list(&mut self, open: u8, close: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if !self.takes_mark(open) {
            return None;
        }
        if self.takes_mark(close) {
            return Some(());
        }
        loop {
            item(self)?;
            if self.takes_mark(close) {
                return Some(());
            }
            if !self.takes_mark(b',') {
                return None;
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value<'a>> {
        self.blank();
        let depth = depth.checked_sub(1)?;
        match self.0.first()? {
            b'"' => return self.text().map(Value::Text),
            b'{' => self.list(b'{', b'}', |reader| {
                reader.blank();
                reader.text()?;
                if reader.takes_mark(b':') { reader.value(depth).map(drop) } else { None }
            })?,
            b'[' => self.list(b'[', b']', |reader| reader.value(depth).map(drop))?,
            b'-' | b'0'..=b'9' => return self.number().map(Value::Number),
            _ if [b"true".as_slice(), b"false", b"null"].iter().any(|word| self.takes(word)) => {}
            _ => return None,
        }
        Some(Value::Other)
    }

    fn number(&mut self) -> Option<&'a [u8]> {
        let all = self.0;
        self.takes(b"-");
        if !self.takes(b"0") {
            self.digits()?;
        }
        if self.takes(b".") {
            self.digits()?;
        }
        if self.takes(b"e") || self.takes(b"E") {
            let _sign = self.takes(b"+") || self.takes(b"-");
            self.digits()?;
        }
        Some(&all[..all.len() - self.0.len()])
    }

    fn digits(&mut self) -> Option<()> {
        let len = self.0.iter().take_while(|c| c.is_ascii_digit()).count();
        self.0 = &self.0[len..];
        (len > 0).then_some(())
    }

    fn text(&mut self) -> Option<Vec<u8>> {
        if !self.takes(b"\"") {
            return None;
        }
        let mut text = vec![];
        loop {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            match first {
                b'"' => return Some(text),
                b'\\' => self.escape(&mut text)?,
                0..0x20 => return None,
                _ => text.push(*first),
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Option<()> {
        let (kind, rest) = self.0.split_first()?;
        self.0 = rest;
        text.push(match kind {
            b'"' | b'\\' | b'/' => *kind,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut point = self.unit()?;
                if (0xd800..0xdc00).contains(&point) {
                    let low = if self.takes(b"\\u") { self.unit()? } else { return None };
                    let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                    point = 0x1_0000 + ((point - 0xd800) << 10) + low;
                }
                text.extend(char::from_u32(point)?.encode_utf8(&mut [0; 4]).as_bytes());
                return Some(());
            }
            _ => return None,
        });
        Some(())
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(4)?;
        self.0 = rest;
        digits.iter().try_fold(0, |unit, c| Some(unit << 4 | char::from(*c).to_digit(16)?))
    }
}

/// Writes a text of printable ASCII.
pub fn quote(text: &[u8]) -> Vec<u8> {
    let escaped = text.iter().flat_map(|c| if matches!(c, b'"' | b'\\') { vec![b'\\', *c] } else { vec![*c] });
    [b"\"".to_vec(), escaped.collect(), b"\"".to_vec()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_are_told_with_their_escapes_resolved() {
        let text =
            br#" { "a" : "x\u0026y\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00" , "n":-0.5e+3,"i":12, "o":[1,{"a":[]},null,true,false,"x"] } "#;
        let object = Object::parse(text).unwrap();
        assert_eq!(object.text(b"a"), Some("x&y\"\\/\u{8}\u{c}\n\r\t\u{e9}\u{1f600}".as_bytes()));
        assert_eq!(object.number(b"n"), Some(b"-0.5e+3".as_slice()));
        assert_eq!(object.number(b"i"), Some(b"12".as_slice()));
        assert_eq!(object.get(b"o"), Some(&Value::Other));
        assert_eq!(object.get(b"x"), None);
        assert_eq!(object.text(b"i"), None);
        assert_eq!(Object::parse(b"{}"), Some(Object(vec![])));
    }

    #[test]
    fn what_is_no_object_or_not_one_object_is_not_read() {
        for text in [
            "",
            "null",
            "[]",
            "{",
            "}",
            "{}}",
            "{}{}",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            "{'a':1}",
            "{a:1}",
            r#"{"a":01}"#,
            r#"{"a":+1}"#,
            r#"{"a":.5}"#,
            r#"{"a":1.}"#,
            r#"{"a":1e}"#,
            r#"{"a":0x10}"#,
            r#"{"a":-}"#,
            r#"{"a":tru}"#,
            r#"{"a":nul}"#,
            r#"{"a":NaN}"#,
            "{\"a\":\"\n\"}",
            r#"{"a":"\x"}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":"\ud800\u0041"}"#,
            r#"{"a":"\ude00"}"#,
            r#"{"a":"\u00g0"}"#,
            r#"{"a":"\u+041"}"#,
            r#"{"a":"#,
            r#"{"a":"x"#,
            r#"{"a":"\"#,
            r#"{"a":[1,]}"#,
            r#"{"a":[}"#,
            r#"{"a":{"b"}}"#,
            "\u{feff}{}",
            "{}\0",
            "{}x",
        ] {
            assert_eq!(Object::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Object::parse(b"{\"a\":\"\xff\"}"), None);
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let deep = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(Object::parse(deep(MAX_DEPTH).as_bytes()).is_some());
        assert!(Object::parse(deep(MAX_DEPTH + 1).as_bytes()).is_none());
        assert!(Object::parse(deep(100_000).as_bytes()).is_none());
        let wide = |count: usize| format!("{{{}}}", (0..count).map(|i| format!("\"{i}\":1")).collect::<Vec<_>>().join(","));
        assert!(Object::parse(wide(MAX_MEMBERS).as_bytes()).is_some());
        assert!(Object::parse(wide(MAX_MEMBERS + 1).as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn what_serde_json_writes_is_read(pairs in proptest::collection::btree_map(".{0,8}", ".{0,12}", 0..8), number: i64) {
            let mut whole: serde_json::Map<String, serde_json::Value> = pairs.iter().map(|(k, v)| (format!("t{k}"), v.clone().into())).collect();
            whole.insert("number".into(), number.into());
            let text = serde_json::to_string(&whole).unwrap();
            let object = Object::parse(text.as_bytes()).unwrap();
            for (name, value) in &pairs {
                prop_assert_eq!(object.text(format!("t{name}").as_bytes()), Some(value.as_bytes()));
            }
            let digits = number.to_string();
            prop_assert_eq!(object.number(b"number"), Some(digits.as_bytes()));
        }

        #[test]
        fn what_is_read_serde_json_reads_too(text in r#"[{]([ ]|"(a|b|\\u00[0-9a-g]{2}|\\n|\\x)?"|:|,|-?[0-9]{1,2}(\.[0-9])?(e-?[0-9])?|\{|\}|\[|\]|true|null){0,9}[}]"#) {
            if let Some(object) = Object::parse(text.as_bytes()) {
                let other: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(object.0.len(), other.len());
                for (name, value) in &object.0 {
                    let other = &other[core::str::from_utf8(name).unwrap()];
                    prop_assert_eq!(other.as_str().map(|text| Value::Text(text.into())).is_some_and(|text| text == *value), other.is_string());
                }
            }
        }

        #[test]
        fn a_quoted_text_is_read_back(text in "[ -~]{0,40}") {
            let object = [b"{\"a\":".to_vec(), quote(text.as_bytes()), b"}".to_vec()].concat();
            let object = Object::parse(&object).unwrap();
            prop_assert_eq!(object.text(b"a"), Some(text.as_bytes()));
        }
    }
}
