//! The messages module: what signs and verifies HTTP messages and webhooks. Integers, and memory that both sides read and write.
//!
//! JavaScript writes a function's inputs into the area, one behind the other, each behind its length (4 bytes, the lowest first), and passes
//! how many bytes that makes. The area begins where static memory ends and is as long as the memory is grown. A list is one input, in which
//! its items are packed in the same way. A time is milliseconds since 1970 in two halves of 32 bits.
//!
//! A function returns the number of an [`Error`](crate::error::Error), 0 if all is well and there is nothing to tell, or 256 and the length
//! of its result, which is then where the area begins. Numbers in a result have 4 bytes, the lowest first, and of a time the high half comes
//! first.
//!
//! Behind the inputs lies the heap of the call. It only grows, and ends with the call: before a function returns, inputs, heap and stack are
//! wiped. What is left is the result, until JavaScript has read it and wiped it. Nothing is kept from one call to the next.

#[cfg(not(feature = "std"))]
mod bare;
mod heap;
mod http;
mod webhooks;

use alloc::vec::Vec;

/// A time in two halves.
fn time(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// A result that is put together.
#[derive(Default)]
struct Answer(Vec<u8>);

impl Answer {
    fn number(mut self, number: u32) -> Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// The high half first.
    fn time(self, time: u64) -> Self {
        self.number((time >> 32) as u32).number(time as u32)
    }

    fn text(mut self, text: &[u8]) -> Self {
        self.0.extend_from_slice(text);
        self
    }

    /// A name and a value, in a line each. Neither has an end of a line in it.
    fn pair(self, name: &[u8], value: &[u8]) -> Self {
        let before: &[u8] = if self.0.is_empty() { b"" } else { b"\n" };
        self.text(before).text(name).text(b"\n").text(value)
    }
}
