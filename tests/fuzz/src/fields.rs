//! Structured fields: what is read is held to the crate `sfv`. A text is the one form of a dictionary if `sfv`, having read it, writes it the same.

use countersign::message::fields::{Bare, Item, MAX_FIELD_LEN, MAX_ITEMS, MAX_MEMBERS, Parameters, Value, dictionary};
use sfv::{BareItem, Dictionary, FieldType, ListEntry, Parser, Version};

/// Reads a dictionary of bounded size, written in its one form.
pub fn read(text: &[u8]) -> Option<Dictionary> {
    let parsed: Dictionary = Parser::new(text).with_version(Version::Rfc8941).parse().ok()?;
    let is_small = parsed.values().all(|entry| match entry {
        ListEntry::Item(item) => item.params.len() <= MAX_ITEMS,
        ListEntry::InnerList(list) => {
            list.params.len() <= MAX_ITEMS && list.items.len() <= MAX_ITEMS && list.items.iter().all(|item| item.params.len() <= MAX_ITEMS)
        }
    });
    let is_bounded = is_small && (1..=MAX_MEMBERS).contains(&parsed.len()) && text.len() <= MAX_FIELD_LEN;
    (is_bounded && parsed.serialize()?.as_bytes() == text).then_some(parsed)
}

/// A member's value as it stands in the field. Of a member without one, its parameters.
pub fn text(entry: &ListEntry) -> String {
    let written = vec![entry.clone()].serialize().expect("a member that was read");
    match entry {
        ListEntry::Item(item) if item.bare_item.as_boolean() == Some(true) => written["?1".len()..].to_owned(),
        _ => written,
    }
}

/// Holds the crate's reading of a text to the other one.
pub fn compare(text: &[u8]) -> bool {
    let found = dictionary(text);
    let expected = read(text);
    assert_eq!(found.is_some(), expected.is_some(), "{}", String::from_utf8_lossy(text));
    let (Some(found), Some(expected)) = (found, expected) else { return false };
    assert_eq!(found.len(), expected.len());
    for ((name, value), (key, entry)) in found.iter().zip(&expected) {
        assert_eq!(*name, key.as_str().as_bytes());
        match (value, entry) {
            (Value::Item(item), ListEntry::Item(other)) => {
                assert_eq!(item.text, self::text(entry).as_bytes());
                same_item(item, other);
            }
            (Value::List(list), ListEntry::InnerList(other)) => {
                assert_eq!(list.text, self::text(entry).as_bytes());
                assert_eq!(list.items.len(), other.items.len());
                list.items.iter().zip(&other.items).for_each(|(item, other)| {
                    assert_eq!(item.text, other.serialize().as_bytes());
                    same_item(item, other);
                });
                same_parameters(&list.parameters, &other.params);
            }
            _ => panic!("{value:?} is not {entry:?}"),
        }
    }
    true
}

fn same_item(item: &Item, other: &sfv::Item) {
    assert!(is_same(&item.bare, &other.bare_item), "{item:?} is not {other:?}");
    same_parameters(&item.parameters, &other.params);
}

fn same_parameters(parameters: &Parameters, others: &sfv::Parameters) {
    assert_eq!(parameters.len(), others.len());
    for ((name, bare), (key, other)) in parameters.iter().zip(others) {
        assert_eq!(*name, key.as_str().as_bytes());
        assert!(is_same(bare, other), "{bare:?} is not {other:?}");
    }
}

fn is_same(bare: &Bare, other: &BareItem) -> bool {
    match (bare, other) {
        (Bare::Integer(number), BareItem::Integer(other)) => *number == i64::from(*other),
        (Bare::Decimal(text), BareItem::Decimal(other)) => *text == other.to_string().as_bytes(),
        (Bare::String(text), BareItem::String(other)) => *text == escaped(other.as_str()).as_bytes(),
        (Bare::Token(text), BareItem::Token(other)) => *text == other.as_str().as_bytes(),
        (Bare::Bytes(bytes), BareItem::ByteSequence(other)) => bytes == other,
        (Bare::Boolean(is_true), BareItem::Boolean(other)) => is_true == other,
        _ => false,
    }
}

/// A string as it is written between its quotes.
pub fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
