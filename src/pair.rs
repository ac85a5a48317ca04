//! Two words of 64 bits at a time, compared without a branch.
//!
//! Checking a secret compares some thousand words, which takes longer than hashing it. WebAssembly has an instruction for two of them, but the
//! compiler does not find it by itself.

#[cfg(not(target_arch = "wasm32"))]
mod scalar;
#[cfg(target_arch = "wasm32")]
mod simd;

#[cfg(not(target_arch = "wasm32"))]
pub use scalar::Pair;
#[cfg(target_arch = "wasm32")]
pub use simd::Pair;

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
                    assert_eq!((equal | equal).any(), equal.any());
                    assert_eq!((equal | Pair::new(0, 1)).any(), 1);
                    assert_eq!((equal | Pair::new(1 << 63, 0)).any(), 1);
                }
            }
        }
    }
}
