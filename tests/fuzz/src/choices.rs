//! Decisions read from the fuzzer's bytes: it finds its way by changing them one at a time.

/// What is left to decide by. When nothing is left every decision is the first possible one.
pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }

    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        let number = if end <= 1 << 8 { usize::from(self.byte()) } else { u32::from_be_bytes(self.array()) as usize };
        number % end
    }

    pub fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A number of any size: small ones, those around powers of two, and any.
    pub fn number(&mut self) -> u64 {
        match self.below(4) {
            0 => u64::from(self.byte()),
            1 => (1_u64 << self.below(64)).wrapping_sub(1).wrapping_add(self.below(3) as u64),
            2 => (1 << 53) - 2 + self.below(4) as u64,
            _ => u64::from_be_bytes(self.array()),
        }
    }

    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let len = self.below(most + 1).min(self.0.len());
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        bytes.to_vec()
    }

    /// Changes some bytes a little; perhaps into what they were.
    pub fn edit(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len() + 1);
            let edit = self.below(8);
            let Some(byte) = bytes.get_mut(at) else {
                // Behind the end there is only one thing to do.
                bytes.push(self.byte());
                continue;
            };
            match edit {
                0 => *byte = self.byte(),
                1 => *byte ^= 1 << self.below(8),
                2 => *byte = byte.wrapping_add(1),
                3 => drop(bytes.remove(at)),
                4 => bytes.insert(at, self.byte()),
                5 => bytes.truncate(at),
                6 => {
                    let piece = bytes[at..].iter().take(1 + self.below(32)).copied().collect::<Vec<_>>();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => {
                    let other = self.below(bytes.len());
                    bytes.swap(at, other);
                }
            }
        }
    }
}
