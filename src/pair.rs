//! Two words of 64 bits at a time, compared without a branch.
//!
//! Checking a secret compares some thousand words, which takes longer than hashing it. WebAssembly has an instruction for two of them, but the
//! compiler does not find it by itself.

use core::ops::BitOr;

#[cfg(not(target_arch = "wasm32"))]
type Words = [u64; 2];
#[cfg(target_arch = "wasm32")]
type Words = core::arch::wasm32::v128;

/// Two words.
#[derive(Clone, Copy, Debug)]
pub struct Pair(Words);

#[cfg(not(target_arch = "wasm32"))]
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

#[cfg(not(target_arch = "wasm32"))]
impl BitOr for Pair {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        let ([a, b], [c, d]) = (self.0, other.0);
        Self([a | c, b | d])
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn ones_if_zero(word: u64) -> u64 {
    // The highest bit of a word or of its negative is set, unless it is zero.
    ((word | word.wrapping_neg()) >> 63).wrapping_sub(1)
}

#[cfg(target_arch = "wasm32")]
impl Pair {
    pub const fn new(one: u64, other: u64) -> Self {
        Self(core::arch::wasm32::u64x2(one, other))
    }

    pub fn equals(self, other: Self) -> Self {
        Self(core::arch::wasm32::u64x2_eq(self.0, other.0))
    }

    pub fn any(self) -> u8 {
        u8::from(core::arch::wasm32::v128_any_true(self.0))
    }
}

#[cfg(target_arch = "wasm32")]
impl BitOr for Pair {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(core::arch::wasm32::v128_or(self.0, other.0))
    }
}

impl Pair {
    /// The same word twice.
    #[must_use]
    pub const fn splat(word: u64) -> Self {
        Self::new(word, word)
    }
}

#[cfg(test)]
mod tests {
    use super::Pair;

    #[test]
    fn words_are_equal_each_by_itself() {
        const WORDS: [u64; 5] = [0, 1, 1 << 31, 1 << 63, u64::MAX];
        for one in WORDS {
            for other in WORDS {
                for third in WORDS {
                    let equal = Pair::splat(one).equals(Pair::new(other, third));
                    assert_eq!(equal.any() == 1, one == other || one == third, "{one} {other} {third}");
                    assert_eq!((equal | Pair::splat(0)).any(), equal.any());
                    assert_eq!((equal | Pair::new(0, 1)).any(), 1);
                    assert_eq!((equal | Pair::new(1 << 63, 0)).any(), 1);
                }
            }
        }
    }
}
