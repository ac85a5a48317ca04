//! HKDF-SHA256 of our own HMAC, for outputs of any length; the crate derives keys of one block only.

use countersign::mac::Key;

/// RFC 5869, section 2.2.
pub fn extract(salt: &[u8], ikm: &[u8]) -> Key {
    Key::new(&Key::new(salt).sign(ikm))
}

/// RFC 5869, section 2.3.
pub fn expand(prk: &Key, info: &[u8], len: usize) -> Vec<u8> {
    let mut block = vec![];
    let mut out = vec![];
    for counter in 1..=len.div_ceil(32) {
        block = prk.sign(&[&block, info, &[u8::try_from(counter).unwrap()]].concat()).to_vec();
        out.extend(&block);
    }
    out.truncate(len);
    out
}
