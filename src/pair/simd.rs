//! Both words at once, in WebAssembly. What these say is what `scalar` says; tests/wasm compares secrets in both.

use core::arch::wasm32::{u64x2, u64x2_eq, v128, v128_any_true, v128_or};
use core::ops::BitOr;

/// Two words.
#[derive(Clone, Copy, Debug)]
pub struct Pair(v128);

impl Pair {
    /// These two words.
    #[must_use]
    pub const fn new(one: u64, other: u64) -> Self {
        Self(u64x2(one, other))
    }

    /// All bits of a word that is the same in both; none where they differ.
    #[must_use]
    pub fn equals(self, other: Self) -> Self {
        Self(u64x2_eq(self.0, other.0))
    }

    /// 1 if any bit is set, otherwise 0.
    #[must_use]
    pub fn any(self) -> u8 {
        u8::from(v128_any_true(self.0))
    }
}

impl BitOr for Pair {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(v128_or(self.0, other.0))
    }
}
