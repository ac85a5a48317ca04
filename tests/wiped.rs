//! A key, a MAC under way and a derivation leave nothing behind in their memory when they are dropped.

use std::mem::{MaybeUninit, size_of};
use std::ptr;

use countersign::keyring::Derivation;
use countersign::mac::Key;

const SECRET: &[u8] = b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";

/// How many bytes of a value's memory are not zero, before and after it is dropped.
fn left<T>(value: T) -> (usize, usize) {
    let mut place = Box::new(MaybeUninit::<T>::zeroed());
    let count = |place: &MaybeUninit<T>| {
        let bytes = place.as_ptr().cast::<u8>();
        // SAFETY: the bytes are inside the box, and were all written: with zeros, and then with the value.
        (0..size_of::<T>()).filter(|at| unsafe { ptr::read_volatile(bytes.add(*at)) } != 0).count()
    };
    place.write(value);
    let before = count(&place);
    // SAFETY: the value was written above, and is not used again.
    unsafe { place.assume_init_drop() };
    (before, count(&place))
}

#[test]
fn keys_are_wiped_when_they_are_dropped() {
    for (name, (before, after)) in [
        ("a key", left(Key::new(SECRET))),
        ("a MAC under way", left(Key::new(SECRET).begin().update(b"message"))),
        ("a derivation", left(Derivation::new(SECRET).unwrap())),
        ("a derived key", left(Derivation::new(SECRET).unwrap().call_key())),
    ] {
        assert!(before >= 16, "{name}: {before} bytes in use");
        assert_eq!(after, 0, "{name}");
    }
}
