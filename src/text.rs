//! Hexadecimal and base64url (RFC 4648, sections 8 and 5, without padding), one form each.
//!
//! Neither branches on nor indexes by the bytes it converts: a MAC passes through here before it is compared.

use subtle::{Choice, ConditionallySelectable as _, ConstantTimeGreater as _};

/// How many characters `bytes` bytes become in base64url without padding.
#[must_use]
pub const fn base64url_len(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// Writes `bytes` as lower-case hexadecimal into `out`, which is twice as long.
pub fn write_hex(bytes: &[u8], out: &mut [u8]) {
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair[0] = hex_digit(byte >> 4);
        pair[1] = hex_digit(byte & 15);
    }
}

fn hex_digit(nibble: u8) -> u8 {
    b'0' + nibble + (b'a' - b'0' - 10) * nibble.ct_gt(&9).unwrap_u8()
}

/// Whether `text` holds nothing but the digits of lower-case hexadecimal.
#[must_use]
pub fn is_hex(text: &[u8]) -> bool {
    text.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

/// Writes `bytes` as base64url into `out`, which is [`base64url_len`] long.
pub fn write_base64url(bytes: &[u8], out: &mut [u8]) {
    for (group, chars) in bytes.chunks(3).zip(out.chunks_mut(4)) {
        let mut bits = 0;
        for i in 0..3 {
            bits = bits << 8 | u32::from(group.get(i).copied().unwrap_or(0));
        }
        for (i, char) in chars.iter_mut().enumerate() {
            *char = base64url_char((bits >> (18 - 6 * i) & 63) as u8);
        }
    }
}

/// Reads base64url into `bytes`, whose length says how many characters there must be. False unless `text` is exactly
/// what [`write_base64url`] makes of them; `bytes` then holds nothing of use.
#[must_use]
pub fn read_base64url(text: &[u8], bytes: &mut [u8]) -> bool {
    if text.len() != base64url_len(bytes.len()) {
        return false;
    }
    let mut bad = 0;
    for (chars, group) in text.chunks(4).zip(bytes.chunks_mut(3)) {
        let mut bits = 0;
        for i in 0..4 {
            let (value, wrong) = base64url_value(chars.get(i).copied().unwrap_or(b'A'));
            bits = bits << 6 | u32::from(value);
            bad |= wrong;
        }
        // Bits that no byte holds must be zero, or one value would have several texts.
        bad |= u8::from(group.len() < 3 && bits << (8 + 8 * group.len()) != 0);
        for (i, byte) in group.iter_mut().enumerate() {
            *byte = (bits >> (16 - 8 * i)) as u8;
        }
    }
    bad == 0
}

fn base64url_char(value: u8) -> u8 {
    let mut char = b'A' + value;
    char.conditional_assign(&(b'a'.wrapping_add(value).wrapping_sub(26)), value.ct_gt(&25));
    char.conditional_assign(&(b'0'.wrapping_add(value).wrapping_sub(52)), value.ct_gt(&51));
    char.conditional_assign(&b'-', value.ct_gt(&61));
    char.conditional_assign(&b'_', value.ct_gt(&62));
    char
}

/// The six bits of a character, and 1 if it is not of the alphabet.
fn base64url_value(char: u8) -> (u8, u8) {
    let mut value = 0;
    let mut known = Choice::from(0);
    for (first, last, base) in [(b'A', b'Z', 0), (b'a', b'z', 26), (b'0', b'9', 52), (b'-', b'-', 62), (b'_', b'_', 63)] {
        let inside = !(first.ct_gt(&char) | char.ct_gt(&last));
        value.conditional_assign(&char.wrapping_sub(first).wrapping_add(base), inside);
        known |= inside;
    }
    (value, 1 - known.unwrap_u8())
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

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bytes: Vec<u8>) {
            let text = to_base64url(&bytes);
            let mut back = vec![0; bytes.len()];
            prop_assert!(read_base64url(text.as_bytes(), &mut back));
            prop_assert_eq!(back, bytes);
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
