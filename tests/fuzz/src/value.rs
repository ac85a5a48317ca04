//! Encodings of values: the one form, and no other.

use countersign::value::{Fault, MAX_DEPTH, MAX_FIELD_NAME, Refusal, Value, check};
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use crate::choices::Choices;

/// The bytes of a value, written by minicbor. The order of fields is that of RFC 8949, 4.2.1: bytewise, of the names as encoded.
pub fn encode(value: &Value) -> Vec<u8> {
    encode_in(value, true)
}

fn encode_in(value: &Value, is_sorted: bool) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write(value, is_sorted, &mut encoder).expect("writing to memory");
    encoder.into_writer()
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn write(value: &Value, is_sorted: bool, to: &mut Encoder<Vec<u8>>) -> Written {
    match value {
        Value::Null => to.null()?,
        Value::Boolean(boolean) => to.bool(*boolean)?,
        Value::Int64(number) => to.i64(*number)?,
        Value::Float64(number) if number.is_nan() => to.f64(f64::from_bits(0x7ff8 << 48))?,
        Value::Float64(number) => to.f64(*number)?,
        Value::Text(text) => to.str(text)?,
        Value::Bytes(bytes) => to.bytes(bytes)?,
        Value::Array(items) => {
            to.array(items.len() as u64)?;
            return items.iter().try_for_each(|item| write(item, is_sorted, to));
        }
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().map(|(name, field)| (encode(&Value::Text(name.clone())), name, field)).collect();
            if is_sorted {
                sorted.sort_by(|(one, ..), (other, ..)| one.cmp(other));
            }
            to.map(fields.len() as u64)?;
            for (_, name, field) in sorted {
                write(field, is_sorted, to.str(name)?)?;
            }
            to
        }
    };
    Ok(())
}

/// Reads what minicbor understands, in whatever form, if it stands for a Convex value.
fn read(from: &mut Decoder, depth: usize) -> Option<Value> {
    Some(match from.datatype().ok()? {
        Type::Null => from.null().map(|()| Value::Null).ok()?,
        Type::Bool => Value::Boolean(from.bool().ok()?),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
            Value::Int64(from.i64().ok()?)
        }
        Type::F64 => Value::Float64(from.f64().ok()?),
        Type::String => Value::Text(from.str().ok()?.to_owned()),
        Type::Bytes => Value::Bytes(from.bytes().ok()?.to_vec()),
        Type::Array if depth < MAX_DEPTH => {
            let count = from.array().ok()??;
            Value::Array((0..count).map(|_| read(from, depth + 1)).collect::<Option<_>>()?)
        }
        Type::Map if depth < MAX_DEPTH => {
            let count = from.map().ok()??;
            let field = |_| Some((from.str().ok()?.to_owned(), read(from, depth + 1)?));
            let fields: Vec<(String, Value)> = (0..count).map(field).collect::<Option<_>>()?;
            let are_names = fields.iter().all(|(name, _)| is_field_name(name));
            (are_names && !has_doubles(&fields)).then_some(Value::Object(fields))?
        }
        _ => return None,
    })
}

fn is_field_name(name: &str) -> bool {
    name.len() <= MAX_FIELD_NAME && !name.starts_with('$') && name.chars().all(|c| c.is_ascii() && !c.is_ascii_control())
}

fn has_doubles(fields: &[(String, Value)]) -> bool {
    fields.iter().enumerate().any(|(i, (name, _))| fields[..i].iter().any(|(other, _)| other == name))
}

/// Whether these are the bytes of a value: what is read is written the same.
pub fn is_the_form(bytes: &[u8]) -> bool {
    length_of_form(bytes) == Some(bytes.len())
}

/// How many bytes at the beginning are those of a value.
fn length_of_form(bytes: &[u8]) -> Option<usize> {
    let mut decoder = Decoder::new(bytes);
    let value = read(&mut decoder, 0)?;
    let len = decoder.position();
    (encode(&value) == bytes[..len]).then_some(len)
}

/// Holds the crate's answer to that.
fn compare(bytes: &[u8]) -> bool {
    let checked = check(bytes);
    match length_of_form(bytes) {
        Some(len) if len == bytes.len() => assert_eq!(checked, Ok(()), "{bytes:02x?}"),
        Some(len) => assert_eq!(checked, Err(Refusal { fault: Fault::Length, offset: len }), "{bytes:02x?}"),
        None => assert!(checked.is_err(), "{bytes:02x?}"),
    }
    if let Err(refusal) = checked {
        // Messages lead people to the place: all before it is well, and only goes on too short.
        match check(&bytes[..refusal.offset]) {
            Ok(()) => assert_eq!(refusal.fault, Fault::Length, "{bytes:02x?}"),
            Err(before) => assert_eq!(before.fault, Fault::Length, "{refusal:?} for {bytes:02x?}"),
        }
    }
    checked.is_ok()
}

/// A value, perhaps one that Convex refuses: names that are none or stand there twice, and too much depth.
pub fn choose(choices: &mut Choices) -> Value {
    choose_within(choices, 0)
}

fn choose_within(choices: &mut Choices, depth: usize) -> Value {
    match choices.below(if depth < 6 { 13 } else { 9 }) {
        0 => Value::Null,
        1 => Value::Boolean(choices.flag()),
        2 => Value::Int64(choices.number().cast_signed()),
        3 => Value::Int64(!choices.number().cast_signed()),
        4 => Value::Float64(f64::from_bits(choices.number())),
        5 => Value::Float64(choices.pick(&[0.0, -0.0, f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324, 1.5])),
        6 => Value::Text(String::from_utf8_lossy(&choices.bytes(300)).into_owned()),
        7 => Value::Bytes(choices.bytes(300)),
        8 => Value::Text(choices.pick(&["\u{e9}", "e\u{301}", "\u{10ffff}", "\u{fffd}", "\0"]).repeat(choices.below(14))),
        9 | 10 => Value::Array((0..choices.below(6)).map(|_| choose_within(choices, depth + 1)).collect()),
        11 => Value::Object((0..choices.below(6)).map(|_| (name(choices), choose_within(choices, depth + 1))).collect()),
        _ => {
            let innermost = choose_within(choices, depth + 1);
            (0..choices.below(70)).fold(innermost, |inner, i| match i % 3 {
                2 => Value::Object(vec![(String::from("a"), inner)]),
                _ => Value::Array(vec![inner]),
            })
        }
    }
}

fn name(choices: &mut Choices) -> String {
    match choices.below(5) {
        0 => choices.pick(&["a", "b", "aa", "B", "", "10", "9"]).to_owned(),
        1 => choices.pick(&["__proto__", "$a", "a$", "\u{e9}", "~", " ", "\u{7f}", "\u{1f}"]).to_owned(),
        2 => choices.pick(&["x", "y"]).repeat(choices.pick(&[22, 23, 24, 25, 255, 256, 1023, 1024, 1025])),
        _ => choices.bytes(12).into_iter().map(|byte| char::from(b' ' + byte % 95)).collect(),
    }
}

/// Whether Convex allows the value.
pub fn is_allowed(value: &Value) -> bool {
    fn within(value: &Value, depth: usize) -> bool {
        match value {
            Value::Array(items) => depth < 64 && items.iter().all(|item| within(item, depth + 1)),
            Value::Object(fields) => {
                let are_allowed = fields.iter().all(|(name, field)| is_field_name(name) && within(field, depth + 1));
                depth < 64 && are_allowed && !has_doubles(fields)
            }
            _ => true,
        }
    }
    within(value, 0)
}

/// The fuzz target.
pub fn run(data: &[u8]) -> bool {
    let mut choices = Choices::new(data);
    let value = choose(&mut choices);
    let mut bytes = value.encode();
    assert_eq!(bytes, encode(&value), "{value:?}");
    assert_eq!(compare(&bytes), is_allowed(&value), "{value:?}");
    if choices.flag() {
        widen(&mut bytes, &mut choices);
    } else {
        choices.edit(&mut bytes);
    }
    compare(&bytes);
    compare(&encode_in(&value, false));
    compare(&lone(&mut choices));
    compare(&[bytes.as_slice(), choices.pick(&OTHERS)].concat());
    assert!(!compare(choices.pick(&OTHERS)));
    compare(data)
}

/// CBOR that stands for no Convex value, or not in its one form: undefined, other simple values, other floats, another NaN, tags,
/// indefinite lengths, reserved heads, nothing.
const OTHERS: [&[u8]; 16] = [
    b"\xfa\x3f\x80\0\0",
    b"\xf7",
    b"\xe0",
    b"\xf8\xff",
    b"\xf9\x3c\0",
    b"\xfb\x7f\xf8\0\0\0\0\0\x01",
    b"\xfb\xff\xf8\0\0\0\0\0\0",
    b"\xc0\xf6",
    b"\xc2\x41\x01",
    b"\x5f\xff",
    b"\x7f\xff",
    b"\x9f\xff",
    b"\xbf\xff",
    b"\x1c",
    b"\xff",
    b"",
];

/// One item that is no value, or nearly none: integers at the ends of 64 bits, and text at the edges of UTF-8.
fn lone(choices: &mut Choices) -> Vec<u8> {
    const NUMBERS: [u64; 6] = [(1 << 63) - 2, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, u64::MAX - 1, u64::MAX];
    const EDGES: [u8; 16] = [0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5];
    const TEXTS: [&[u8]; 8] = [
        b"\xed\x9f\xbf",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xee\x80\x80",
        b"\xc0\x80",
        b"\xe0\x9f\xbf",
        b"\xf0\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
    ];
    let mut encoder = Encoder::new(Vec::new());
    // The first three bits of an item tell an integer from a negative one, and bytes from text.
    let major = match choices.below(4) {
        0 => encoder.u64(choices.number()).map(|_| 0),
        1 => encoder.u64(choices.pick(&NUMBERS)).map(|_| choices.pick(&[0, 0x20])),
        2 => encoder.bytes(choices.pick(&TEXTS)).map(|_| 0x20),
        _ => encoder.bytes(&(0..choices.below(6)).map(|_| choices.pick(&EDGES)).collect::<Vec<_>>()).map(|_| 0x20),
    }
    .expect("writing to memory");
    let mut bytes = encoder.into_writer();
    bytes[0] |= major;
    bytes
}

/// Writes a number in more bytes than it needs, if there is one at the place chosen.
fn widen(bytes: &mut Vec<u8>, choices: &mut Choices) {
    let at = choices.below(bytes.len());
    let (major, info) = (bytes[at] & 0xe0, bytes[at] & 0x1f);
    match info {
        0..24 => drop(bytes.splice(at..=at, [major | 0x18, info])),
        24..27 => {
            let zeros = 1 << (info - 24);
            bytes[at] += 1;
            bytes.splice(at + 1..=at, vec![0; zeros]);
        }
        _ => {}
    }
}
