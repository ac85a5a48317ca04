//! Keys derived from secrets, their ids, and which key a token names.
//!
//! Every key comes from a secret by HKDF-SHA256 (RFC 5869) with a purpose of its own, so a signature made for one purpose
//! says nothing in another.

use core::fmt;

use subtle::{Choice, ConditionallySelectable as _};

use crate::error::Error;
use crate::hash::ct_eq;
use crate::mac::{Key, MAC_LEN};
use crate::secret;
use crate::text::{is_hex, write_hex};

/// The length of a derived key, in bytes: all that one MAC gives.
pub const KEY_LEN: usize = MAC_LEN;

/// A derived key, which wipes itself when it is dropped. The lean module wipes its whole stack instead.
#[cfg(any(feature = "std", test))]
pub type Derived = zeroize::Zeroizing<[u8; KEY_LEN]>;
/// A derived key.
#[cfg(not(any(feature = "std", test)))]
pub type Derived = [u8; KEY_LEN];

/// The length of a key id or a fingerprint, in characters.
pub const ID_LEN: usize = 16;

/// The most keys a keyring may hold, so that looking one up is bounded work.
pub const MAX_KEYS: usize = 64;

const SALT: &[u8] = b"countersign.v1";

/// The name of a key: 16 lower-case hexadecimal digits. It is public, and says nothing about the secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; ID_LEN]);

impl KeyId {
    /// What stands where there is none: no digits, so that it is no key's.
    pub const NONE: Self = Self([0; ID_LEN]);

    /// Reads a key id.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        text.try_into().ok().filter(|_| is_hex(text)).map(Self)
    }

    /// Whether two ids are the same. Nothing branches on it.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> Choice {
        ct_eq(&self.0, &other.0)
    }

    /// The id's characters.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; ID_LEN] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|c| fmt::Write::write_char(f, char::from(*c)))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// What keys follow from a secret: HKDF's pseudorandom key, as the key that it is.
pub struct Derivation(Key);

impl Derivation {
    /// Begins with a usable secret.
    ///
    /// # Errors
    /// Those of [`secret::check`].
    pub fn new(secret: &[u8]) -> Result<Self, Error> {
        secret::check(secret)?;
        Ok(Self::from_usable(secret))
    }

    /// RFC 5869, section 2.2.
    fn from_usable(secret: &[u8]) -> Self {
        Self(Key::new(&derive(&Key::new(SALT), secret)[..]))
    }

    /// The key that signs function calls.
    #[must_use]
    pub fn call_key(&self) -> Derived {
        self.expand(b"call\x01")
    }

    /// The key that signs HTTP messages.
    #[must_use]
    pub fn http_key(&self) -> Derived {
        self.expand(b"http\x01")
    }

    /// The name that tokens give the keys of this secret.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        KeyId(self.id(b"key-id\x01"))
    }

    /// A short text that is the same for the same secret, to compare by eye: 16 lower-case hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; ID_LEN] {
        self.id(b"fingerprint\x01")
    }

    fn id(&self, info: &[u8]) -> [u8; ID_LEN] {
        let mut text = [0; ID_LEN];
        write_hex(&self.expand(info)[..ID_LEN / 2], &mut text);
        text
    }

    /// RFC 5869, section 2.3, as far as one MAC goes: `info` ends with the number of the block, 1.
    fn expand(&self, info: &[u8]) -> Derived {
        derive(&self.0, info)
    }
}

#[inline(never)]
fn derive(key: &Key, message: &[u8]) -> Derived {
    let derived = key.sign(message);
    #[cfg(any(feature = "std", test))]
    let derived = zeroize::Zeroizing::new(derived);
    derived
}

impl fmt::Debug for Derivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derivation(..)")
    }
}

/// A key on a keyring, as far as it is public. Callers are numbered in the order in which they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The key's id.
    pub id: KeyId,
    /// The caller that holds its secret.
    pub caller: u32,
}

/// What adding a key to a keyring comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The key is new.
    New,
    /// The same caller was given the same secret before; one key is enough.
    Duplicate,
}

/// Whether `key` may join a keyring that holds `keys`.
///
/// # Errors
/// [`Error::KeyConflict`] if another caller has the same secret: nobody could tell the two apart. [`Error::Misconfigured`]
/// if there are [`MAX_KEYS`] already.
pub fn admit(keys: impl IntoIterator<Item = Listed>, key: Listed) -> Result<Admission, Error> {
    let mut count = 0;
    for listed in keys {
        if listed.id == key.id {
            return if listed.caller == key.caller { Ok(Admission::Duplicate) } else { Err(Error::KeyConflict) };
        }
        count += 1;
    }
    if count < MAX_KEYS { Ok(Admission::New) } else { Err(Error::Misconfigured) }
}

/// Which of `keys` has this id.
#[must_use]
pub fn find(keys: impl IntoIterator<Item = KeyId>, id: &KeyId) -> Option<usize> {
    let (place, known) = ct_find(keys, id);
    bool::from(known).then_some(place as usize)
}

/// The same: a place, which is 0 if there is none, and whether there is one. Every key is looked at in the same way, so that nothing but
/// the answer says which ids are known.
#[must_use]
pub fn ct_find(keys: impl IntoIterator<Item = KeyId>, id: &KeyId) -> (u32, Choice) {
    (0..).zip(keys).fold((0, Choice::from(0)), |(found, known), (place, key)| {
        let same = key.ct_eq(id);
        (u32::conditional_select(&found, &place, same), known | same)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hkdf::Hkdf;
    use sha2::Sha256;

    const SECRET: &[u8] = b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";

    fn id(digit: char) -> KeyId {
        KeyId::parse(digit.to_string().repeat(ID_LEN).as_bytes()).unwrap()
    }

    #[test]
    fn derivation_is_hkdf_with_the_salt_and_purposes_of_the_design() {
        let secret = b"Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFi";
        let derivation = Derivation::new(secret).unwrap();
        let hkdf = Hkdf::<Sha256>::new(Some(b"countersign.v1"), secret);
        let mut key = [0; 32];
        hkdf.expand(b"call", &mut key).unwrap();
        assert_eq!(*derivation.call_key(), key);
        let mut id = [0; 8];
        hkdf.expand(b"key-id", &mut id).unwrap();
        assert_eq!(derivation.key_id().to_string(), format!("{:016x}", u64::from_be_bytes(id)));
        hkdf.expand(b"fingerprint", &mut id).unwrap();
        assert_eq!(derivation.fingerprint(), *format!("{:016x}", u64::from_be_bytes(id)).as_bytes());
    }

    #[test]
    fn a_secret_with_zero_bytes_appended_or_its_own_hash_gives_other_keys() {
        let long = [SECRET, SECRET, SECRET].concat();
        for (one, other) in [(SECRET.to_vec(), [SECRET, b"\0"].concat()), (long.clone(), crate::hash::sha256(&[&long]).to_vec())] {
            assert_ne!(Derivation::from_usable(&one).key_id(), Derivation::from_usable(&other).key_id());
        }
    }

    #[test]
    fn there_are_no_keys_of_an_unusable_secret() {
        assert_eq!(Derivation::new(b"").unwrap_err(), Error::SecretMissing);
        assert_eq!(Derivation::new(b"changeme").unwrap_err(), Error::SecretWeak);
    }

    #[test]
    fn key_ids_have_one_form() {
        assert_eq!(id('a').to_string(), "aaaaaaaaaaaaaaaa");
        for text in ["", "aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaa", "AAAAAAAAAAAAAAAA", "__proto__aaaaaaa", "aaaaaaaaaaaaaaa\n"] {
            assert_eq!(KeyId::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn one_secret_for_two_callers_is_a_conflict_and_twice_for_one_is_once() {
        let keys = [Listed { id: id('a'), caller: 0 }, Listed { id: id('b'), caller: 1 }];
        assert_eq!(admit(keys, Listed { id: id('c'), caller: 0 }), Ok(Admission::New));
        assert_eq!(admit(keys, Listed { id: id('a'), caller: 0 }), Ok(Admission::Duplicate));
        assert_eq!(admit(keys, Listed { id: id('a'), caller: 1 }), Err(Error::KeyConflict));
    }

    #[test]
    fn a_keyring_is_bounded() {
        let keys = |count: usize| (0..count).map(|i| Listed { id: KeyId::parse(format!("{i:016x}").as_bytes()).unwrap(), caller: 0 });
        let new = Listed { id: id('f'), caller: 0 };
        assert_eq!(admit(keys(MAX_KEYS - 1), new), Ok(Admission::New));
        assert_eq!(admit(keys(MAX_KEYS), new), Err(Error::Misconfigured));
    }

    #[test]
    fn a_key_is_found_by_its_id() {
        assert_eq!(find([id('a'), id('b')], &id('a')), Some(0));
        assert_eq!(find([id('a'), id('b')], &id('b')), Some(1));
        assert_eq!(find([id('a'), id('b')], &id('c')), None);
        assert_eq!(find([], &id('c')), None);
    }

    #[test]
    fn nothing_prints_a_key() {
        assert_eq!(format!("{:?}", Derivation::new(SECRET).unwrap()), "Derivation(..)");
        assert_eq!(format!("{:?}", Key::new(SECRET)), "Key(..)");
    }
}
