//! Hexadecimal, base64url without padding and base64 with it (RFC 4648, sections 8, 5 and 4), one form each; and what is UTF-8.
//!
//! Writing and reading digits neither branches on nor indexes by the bytes: a MAC passes through here before it is compared.

#[cfg(any(feature = "alloc", test))]
use alloc::{vec, vec::Vec};

/// How many characters `bytes` bytes become in base64url without padding.
#[must_use]
pub const fn base64url_len(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// Digits whose characters and values both follow one another.
struct Run {
    first: u8,
    last: u8,
    value: u8,
}

const HEX: &[Run] = &[Run { first: b'0', last: b'9', value: 0 }, Run { first: b'a', last: b'f', value: 10 }];

const BASE64URL: &[Run] = &[
    Run { first: b'A', last: b'Z', value: 0 },
    Run { first: b'a', last: b'z', value: 26 },
    Run { first: b'0', last: b'9', value: 52 },
    Run { first: b'-', last: b'-', value: 62 },
    Run { first: b'_', last: b'_', value: 63 },
];

#[cfg(any(feature = "alloc", test))]
const BASE64: &[Run] = &[
    Run { first: b'A', last: b'Z', value: 0 },
    Run { first: b'a', last: b'z', value: 26 },
    Run { first: b'0', last: b'9', value: 52 },
    Run { first: b'+', last: b'+', value: 62 },
    Run { first: b'/', last: b'/', value: 63 },
];

/// Writes `bytes` as lower-case hexadecimal into `out`, which is twice as long.
pub fn write_hex(bytes: &[u8], out: &mut [u8]) {
    write_digits(bytes, out, 4, HEX);
}

/// `bytes` as lower-case hexadecimal.
#[cfg(any(feature = "alloc", test))]
#[must_use]
pub fn to_hex(bytes: &[u8]) -> Vec<u8> {
    let mut text = vec![0; bytes.len() * 2];
    write_hex(bytes, &mut text);
    text
}

/// Reads lower-case hexadecimal into `bytes`, whose length says how many characters there must be. False unless `text` is exactly what
/// [`write_hex`] makes of them; `bytes` then holds nothing of use.
#[cfg(any(feature = "alloc", test))]
#[must_use]
pub fn read_hex(text: &[u8], bytes: &mut [u8]) -> bool {
    if text.len() != bytes.len() * 2 {
        return false;
    }
    let mut known = u8::MAX;
    for (pair, byte) in text.chunks_exact(2).zip(bytes) {
        let ((high, is_high), (low, is_low)) = (digit_value(pair[0], HEX), digit_value(pair[1], HEX));
        known &= is_high & is_low;
        *byte = high << 4 | low;
    }
    known == u8::MAX
}

/// A whole number in decimal.
#[cfg(any(feature = "alloc", test))]
#[must_use]
pub fn to_decimal(mut number: u64) -> Vec<u8> {
    let mut digits = Vec::new();
    loop {
        digits.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            digits.reverse();
            return digits;
        }
    }
}

/// Whether `text` holds nothing but the digits of lower-case hexadecimal.
#[must_use]
#[inline(never)]
pub fn is_hex(text: &[u8]) -> bool {
    text.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether `text` is well-formed UTF-8 (Unicode, table 3-7). It does what `core::str::from_utf8` does, in a tenth of its size.
#[must_use]
pub fn is_utf8(text: &[u8]) -> bool {
    let mut bytes = text.iter();
    while let Some(first) = bytes.next() {
        let (more, least) = match first.leading_ones() {
            0 => continue,
            2 => (1, 0x80),
            3 => (2, 0x800),
            4 => (3, 0x1_0000),
            _ => return false,
        };
        let mut point = u32::from(*first) & (0x3f >> more);
        for _ in 0..more {
            let Some(byte @ 0x80..=0xbf) = bytes.next() else { return false };
            point = point << 6 | u32::from(byte & 0x3f);
        }
        if point < least || char::from_u32(point).is_none() {
            return false;
        }
    }
    true
}

/// Writes `bytes` as base64url into `out`, which is [`base64url_len`] long; if it is shorter, only the first characters.
pub fn write_base64url(bytes: &[u8], out: &mut [u8]) {
    write_digits(bytes, out, 6, BASE64URL);
}

/// Fills `out` with the digits of `bytes`, of `width` bits each.
fn write_digits(bytes: &[u8], out: &mut [u8], width: u32, alphabet: &[Run]) {
    let mut bytes = bytes.iter();
    let (mut bits, mut count) = (0_u32, 0);
    for char in out {
        if count < width {
            bits = bits << 8 | u32::from(*bytes.next().unwrap_or(&0));
            count += 8;
        }
        count -= width;
        *char = digit((bits >> count) as u8 & ((1 << width) - 1), alphabet);
    }
}

/// Reads base64url into `bytes`, whose length says how many characters there must be. False unless `text` is exactly
/// what [`write_base64url`] makes of them; `bytes` then holds nothing of use.
#[must_use]
pub fn read_base64url(text: &[u8], bytes: &mut [u8]) -> bool {
    text.len() == base64url_len(bytes.len()) && read_digits(text, bytes, BASE64URL)
}

/// `bytes` as base64 with padding.
#[cfg(any(feature = "alloc", test))]
#[must_use]
pub fn to_base64(bytes: &[u8]) -> Vec<u8> {
    let mut text = vec![b'='; bytes.len().div_ceil(3) * 4];
    write_digits(bytes, &mut text[..base64url_len(bytes.len())], 6, BASE64);
    text
}

/// Reads base64 with padding into `bytes`, whose length says how many characters there must be. False unless `text` is exactly what
/// [`to_base64`] makes of them; `bytes` then holds nothing of use.
#[cfg(any(feature = "alloc", test))]
#[must_use]
pub fn read_base64(text: &[u8], bytes: &mut [u8]) -> bool {
    let (digits, padding) = text.split_at(text.len().min(base64url_len(bytes.len())));
    let padded = text.len() == bytes.len().div_ceil(3) * 4 && padding.iter().all(|c| *c == b'=');
    padded && read_digits(digits, bytes, BASE64)
}

/// Reads base64 with padding, of any length. `None` unless `text` is exactly what [`to_base64`] makes.
#[cfg(any(feature = "alloc", test))]
#[must_use]
pub fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take(2).take_while(|c| **c == b'=').count();
    let mut bytes = vec![0; (text.len() / 4 * 3).checked_sub(padding)?];
    read_base64(text, &mut bytes).then_some(bytes)
}

/// Reads digits of 6 bits into as many bytes as they make.
fn read_digits(text: &[u8], bytes: &mut [u8], alphabet: &[Run]) -> bool {
    let mut bytes = bytes.iter_mut();
    let (mut bits, mut count, mut known) = (0_u32, 0, u8::MAX);
    for char in text {
        let (value, inside) = digit_value(*char, alphabet);
        known &= inside;
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            if let Some(byte) = bytes.next() {
                *byte = (bits >> count) as u8;
            }
        }
    }
    // Bits that no byte holds must be zero, or one value would have several texts.
    (bits as u8 & ((1 << count) - 1)) | !known == 0
}

/// The character of a value. Every run is looked at.
fn digit(value: u8, alphabet: &[Run]) -> u8 {
    alphabet.iter().fold(0, |char, run| {
        let inside = within(value, run.value, run.value + (run.last - run.first));
        char | inside & value.wrapping_sub(run.value).wrapping_add(run.first)
    })
}

/// The value of a character, and all ones if it is a digit, zero if not. Every run is looked at.
fn digit_value(char: u8, alphabet: &[Run]) -> (u8, u8) {
    alphabet.iter().fold((0, 0), |(value, known), run| {
        let inside = within(char, run.first, run.last);
        (value | inside & char.wrapping_sub(run.first).wrapping_add(run.value), known | inside)
    })
}

/// All ones if `first <= number <= last`, zero if not: made of what is borrowed in subtracting, so that there is nothing to branch on.
pub(crate) fn within(number: u8, first: u8, last: u8) -> u8 {
    let (number, first, last) = (u32::from(number), u32::from(first), u32::from(last));
    let borrowed = number.wrapping_sub(first) | last.wrapping_sub(number);
    !((borrowed >> 8) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn to_base64url(bytes: &[u8]) -> String {
        let mut out = vec![0; base64url_len(bytes.len())];
        write_base64url(bytes, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_examples_of_rfc_4648_section_10_without_padding() {
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(to_base64url(bytes.as_bytes()), text);
        }
        assert_eq!(to_base64url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn the_examples_of_rfc_4648_section_10_with_padding() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(to_base64(bytes.as_bytes()), text.as_bytes());
            assert_eq!(from_base64(text.as_bytes()), Some(bytes.as_bytes().to_vec()));
        }
        assert_eq!(to_base64(&[0xfb, 0xff]), b"+/8=");
        for text in
            ["Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "=", "==", "====", "Z===", "Zm9v====", "-_8=", "Zm 8", "Zm8=\n", "Zm8=Zm8="]
        {
            assert_eq!(from_base64(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn base64_of_another_length_is_not_read() {
        assert!(read_base64(b"Zm8=", &mut [0; 2]));
        assert!(!read_base64(b"Zm8=", &mut [0; 1]));
        assert!(!read_base64(b"Zm8=", &mut [0; 3]));
        assert!(!read_base64(b"Zm8=", &mut [0; 30]));
        assert!(!read_base64(b"", &mut [0]));
    }

    #[test]
    fn a_number_is_written_as_the_standard_library_writes_it() {
        for number in [0, 1, 9, 10, 99, 100, 1_800_000_000, u64::MAX] {
            assert_eq!(to_decimal(number), number.to_string().into_bytes());
        }
    }

    #[test]
    fn every_byte_has_its_hexadecimal_digits() {
        for byte in 0..=255 {
            let mut out = [0; 2];
            write_hex(&[byte], &mut out);
            assert_eq!(core::str::from_utf8(&out).unwrap(), format!("{byte:02x}"));
            assert!(is_hex(&out));
        }
        for text in ["A0", "g0", "0 ", "0\n"] {
            assert!(!is_hex(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn two_hexadecimal_digits_are_read_only_if_they_are_what_one_byte_writes() {
        let mut accepted = 0;
        for (a, b) in (0..=255).flat_map(|a| (0..=255).map(move |b| (a, b))) {
            let mut byte = [0];
            if read_hex(&[a, b], &mut byte) {
                assert_eq!(to_hex(&byte), [a, b]);
                accepted += 1;
            }
        }
        assert_eq!(accepted, 256);
        assert!(read_hex(b"", &mut []));
        for (text, len) in [("", 1), ("0", 1), ("000", 1), ("0000", 1), ("00", 0), ("00", 2), ("0g00", 2), ("000G", 2)] {
            assert!(!read_hex(text.as_bytes(), &mut vec![0; len]), "{text}");
        }
    }

    #[test]
    fn two_characters_are_read_only_if_they_are_what_one_byte_writes() {
        let mut accepted = 0;
        for a in 0..=255 {
            for b in 0..=255 {
                let mut byte = [0];
                if read_base64url(&[a, b], &mut byte) {
                    assert_eq!(to_base64url(&byte).as_bytes(), [a, b]);
                    accepted += 1;
                }
            }
        }
        assert_eq!(accepted, 256);
    }

    #[test]
    fn one_and_two_bytes_are_utf8_if_the_standard_library_says_so() {
        for a in 0..=255 {
            assert_eq!(is_utf8(&[a]), core::str::from_utf8(&[a]).is_ok(), "{a:#x}");
            for b in 0..=255 {
                assert_eq!(is_utf8(&[a, b]), core::str::from_utf8(&[a, b]).is_ok(), "{a:#x} {b:#x}");
            }
        }
    }

    /// The bytes at which table 3-7 changes its mind, and their neighbours.
    const EDGES: [u8; 28] = [
        0x00, 0x41, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1,
        0xf3, 0xf4, 0xf5, 0xf8, 0xfe, 0xff,
    ];

    #[test]
    fn three_and_four_bytes_at_the_edges_are_utf8_if_the_standard_library_says_so() {
        let mut accepted = 0;
        for [a, b, c] in EDGES.iter().flat_map(|a| EDGES.iter().flat_map(move |b| EDGES.iter().map(move |c| [*a, *b, *c]))) {
            assert_eq!(is_utf8(&[a, b, c]), core::str::from_utf8(&[a, b, c]).is_ok(), "{a:#x} {b:#x} {c:#x}");
            for d in EDGES {
                let text = [a, b, c, d];
                assert_eq!(is_utf8(&text), core::str::from_utf8(&text).is_ok(), "{text:x?}");
                accepted += usize::from(is_utf8(&text));
            }
        }
        assert!(accepted > 1000);
    }

    #[test]
    fn every_code_point_is_utf8() {
        for point in '\0'..=char::MAX {
            assert!(is_utf8(point.encode_utf8(&mut [0; 4]).as_bytes()), "{point:?}");
        }
    }

    proptest! {
        #[test]
        fn text_is_utf8_and_with_one_byte_changed_as_the_standard_library_says(text: String, at: proptest::sample::Index, byte: u8) {
            let mut bytes = text.into_bytes();
            prop_assert!(is_utf8(&bytes));
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
                prop_assert_eq!(is_utf8(&bytes), core::str::from_utf8(&bytes).is_ok());
                prop_assert_eq!(is_utf8(&bytes[..at]), core::str::from_utf8(&bytes[..at]).is_ok());
            }
        }

        #[test]
        fn what_is_written_is_read_back(bytes: Vec<u8>) {
            let text = to_base64url(&bytes);
            let mut back = vec![0; bytes.len()];
            prop_assert!(read_base64url(text.as_bytes(), &mut back));
            prop_assert_eq!(back, bytes);
        }

        #[test]
        fn hexadecimal_is_read_back(bytes: Vec<u8>) {
            let mut back = vec![0; bytes.len()];
            prop_assert!(read_hex(&to_hex(&bytes), &mut back));
            prop_assert_eq!(back, bytes);
        }

        #[test]
        fn base64_is_read_back_and_one_text_is_one_value(bytes: Vec<u8>, other in "[A-Za-z0-9_+/=-]{0,9}") {
            prop_assert_eq!(from_base64(&to_base64(&bytes)), Some(bytes));
            if let Some(bytes) = from_base64(other.as_bytes()) {
                prop_assert_eq!(to_base64(&bytes), other.as_bytes());
            }
        }

        #[test]
        fn what_is_read_would_be_written_the_same(text in "[A-Za-z0-9_+/=-]{0,9}", len in 0_usize..8) {
            let mut bytes = vec![0; len];
            if read_base64url(text.as_bytes(), &mut bytes) {
                prop_assert_eq!(to_base64url(&bytes), text);
            }
        }
    }
}
