//! Keyrings: which keys join one, and which one a token's id finds.

use countersign::error::Error;
use countersign::keyring::{self, Admission, KeyId, Listed};

use crate::choices::Choices;
use crate::token::read_key_id;

const MOST: usize = 64;

/// Ids that differ in one digit, the first or the last among them.
fn id(choices: &mut Choices) -> KeyId {
    let mut text = *b"0123456789abcdef";
    let at = choices.pick(&[0, 1, 7, 8, 14, 15]);
    text[at] = choices.pick(b"0123456789abcdef");
    KeyId::parse(&text).expect("16 digits")
}

/// The fuzz target.
pub fn run(data: &[u8]) -> bool {
    let parsed = KeyId::parse(data);
    assert_eq!(parsed.map(|id| id.to_string()), read_key_id(data));
    assert_eq!(parsed.map(|id| id.as_bytes().to_vec()), read_key_id(data).map(String::into_bytes));

    let mut choices = Choices::new(data);
    let filler = |number: usize| Listed { id: KeyId::parse(format!("{number:016}").as_bytes()).expect("16 digits"), caller: 9 };
    let mut keys: Vec<Listed> = (0..choices.below(MOST + 1)).map(filler).collect();
    for _ in 0..choices.below(100) {
        let key = Listed { id: id(&mut choices), caller: choices.below(3) as u32 };

        let (mut holder, mut place) = (None, None);
        for (i, listed) in keys.iter().enumerate() {
            if listed.id.as_bytes() == key.id.as_bytes() && place.is_none() {
                (holder, place) = (Some(listed.caller), Some(i));
            }
        }
        assert_eq!(keyring::find(keys.iter().map(|listed| listed.id), &key.id), place, "{keys:?}");

        let expected = match holder {
            Some(caller) if caller == key.caller => Ok(Admission::Duplicate),
            Some(_) => Err(Error::KeyConflict),
            None if keys.len() < MOST => Ok(Admission::New),
            None => Err(Error::Misconfigured),
        };
        assert_eq!(keyring::admit(keys.iter().copied(), key), expected, "{key:?} to {} keys: {keys:?}", keys.len());
        if expected == Ok(Admission::New) {
            keys.push(key);
        }
    }
    parsed.is_some()
}
