//! JSON objects by `serde_json`: each name once, a bounded number of them, bounded depth.

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;

/// The members of an object, in order.
pub struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members;
            fn expecting(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
                out.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = vec![];
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

impl Members {
    pub fn read(text: &[u8]) -> Option<Self> {
        let members: Self = serde_json::from_str(std::str::from_utf8(text).ok()?).ok()?;
        let names: std::collections::HashSet<&str> = members.0.iter().map(|(name, _)| name.as_str()).collect();
        let is_bounded = members.0.len() <= 64 && members.0.iter().all(|(_, value)| depth(value) <= 16);
        (is_bounded && names.len() == members.0.len()).then_some(members)
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A number as it is written.
    pub fn number(&self, name: &str) -> Option<String> {
        if let Value::Number(number) = self.get(name)? { Some(number.to_string()) } else { None }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }
}

fn depth(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
