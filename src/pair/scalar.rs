//! One word after the other, for native callers.

use core::ops::BitOr;

/// Two words.
#[derive(Clone, Copy, Debug)]
pub struct Pair([u64; 2]);

impl Pair {
    /// These two words.
    #[must_use]
    pub const fn new(one: u64, other: u64) -> Self {
        Self([one, other])
    }

    /// All bits of a word that is the same in both; none where they differ.
    #[must_use]
    pub fn equals(self, other: Self) -> Self {
        let ([a, b], [c, d]) = (self.0, other.0);
        Self([ones_if_zero(a ^ c), ones_if_zero(b ^ d)])
    }

    /// 1 if any bit is set, otherwise 0.
    #[must_use]
    pub fn any(self) -> u8 {
        let [one, other] = self.0;
        (ones_if_zero(one | other) & 1) as u8 ^ 1
    }
}

impl BitOr for Pair {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        let ([a, b], [c, d]) = (self.0, other.0);
        Self([a | c, b | d])
    }
}

fn ones_if_zero(word: u64) -> u64 {
    // The highest bit of a word or of its negative is set, unless it is zero.
    ((word | word.wrapping_neg()) >> 63).wrapping_sub(1)
}
