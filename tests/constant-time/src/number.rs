//! Numbers with marks, one mark a bit, and what each scalar instruction makes of both.
//!
//! A mark says that the bit may depend on a secret. An unmarked bit is the same for all secrets, given the same public inputs; so an
//! instruction may leave a bit unmarked only if that still holds for its result. `instructions.mjs` tries that against V8.

/// A number of up to 64 bits. What is above an instruction's width is zero in both halves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Num {
    pub bits: u64,
    pub mark: u64,
}

impl Num {
    pub const fn public(bits: u64) -> Self {
        Self { bits, mark: 0 }
    }

    /// Whether it may be zero for one secret and not for another. A public bit that is set decides.
    pub const fn is_truth_secret(self) -> bool {
        self.mark != 0 && self.bits & !self.mark == 0
    }
}

/// Zero or one, the same for all secrets unless `secret`.
const fn truth(is: bool, secret: bool) -> Num {
    Num { bits: is as u64, mark: secret as u64 }
}

/// In sums, differences and products a bit depends on those at its place and below.
const fn upwards(mark: u64) -> u64 {
    mark | mark.wrapping_neg()
}

pub const fn and(a: Num, b: Num) -> Num {
    // A public zero makes a zero of any secret.
    Num { bits: a.bits & b.bits, mark: a.mark & b.mark | a.mark & b.bits | b.mark & a.bits }
}

pub const fn or(a: Num, b: Num) -> Num {
    // A public one makes a one of any secret.
    Num { bits: a.bits | b.bits, mark: a.mark & b.mark | a.mark & !b.bits | b.mark & !a.bits }
}

pub const fn xor(a: Num, b: Num) -> Num {
    Num { bits: a.bits ^ b.bits, mark: a.mark | b.mark }
}

pub const fn eqz(a: Num) -> Num {
    truth(a.bits == 0, a.is_truth_secret())
}

pub const fn ne(a: Num, b: Num) -> Num {
    let difference = xor(a, b);
    truth(difference.bits != 0, difference.is_truth_secret())
}

pub const fn eq(a: Num, b: Num) -> Num {
    eqz(xor(a, b))
}

/// Unsigned, at any width.
pub const fn lt_u(a: Num, b: Num) -> Num {
    // From the smallest to the largest number that each may be.
    let always = a.bits | a.mark < b.bits & !b.mark;
    let never = a.bits & !a.mark >= b.bits | b.mark;
    truth(a.bits < b.bits, !always && !never)
}

pub const fn gt_u(a: Num, b: Num) -> Num {
    lt_u(b, a)
}

pub const fn le_u(a: Num, b: Num) -> Num {
    not(lt_u(b, a))
}

pub const fn ge_u(a: Num, b: Num) -> Num {
    not(lt_u(a, b))
}

const fn not(a: Num) -> Num {
    Num { bits: a.bits ^ 1, mark: a.mark }
}

pub const fn same(a: Num) -> Num {
    a
}

/// `i32.wrap_i64`
pub const fn wrap(a: Num) -> Num {
    Num { bits: a.bits as u32 as u64, mark: a.mark as u32 as u64 }
}

pub const fn extend32_s(a: Num) -> Num {
    Num { bits: a.bits as i32 as u64, mark: a.mark as i32 as u64 }
}

/// Of 32 bits as well as of 64: what is above them is zero.
#[expect(clippy::cast_precision_loss, reason = "it rounds as WebAssembly does")]
pub const fn f64_convert_u(a: Num) -> Num {
    Num { bits: (a.bits as f64).to_bits(), mark: if a.mark == 0 { 0 } else { u64::MAX } }
}

pub const fn f64_eq(a: Num, b: Num) -> Num {
    truth(f64::from_bits(a.bits) == f64::from_bits(b.bits), a.mark | b.mark != 0)
}

/// The instructions that depend on the width.
macro_rules! integer {
    ($name:ident, $unsigned:ident, $signed:ident) => {
        pub mod $name {
            use super::{Num, gt_u, le_u, lt_u, upwards};

            const WIDTH: u32 = $unsigned::BITS;
            const SIGN: u64 = 1 << (WIDTH - 1);

            const fn num(bits: $unsigned, mark: $unsigned) -> Num {
                Num { bits: bits as u64, mark: mark as u64 }
            }

            /// As if the sign bit stood for plus: then signed order is unsigned order.
            const fn signed(a: Num) -> Num {
                Num { bits: a.bits ^ SIGN, mark: a.mark }
            }

            pub const fn add(a: Num, b: Num) -> Num {
                num((a.bits as $unsigned).wrapping_add(b.bits as $unsigned), upwards(a.mark | b.mark) as $unsigned)
            }

            pub const fn sub(a: Num, b: Num) -> Num {
                num((a.bits as $unsigned).wrapping_sub(b.bits as $unsigned), upwards(a.mark | b.mark) as $unsigned)
            }

            pub const fn mul(a: Num, b: Num) -> Num {
                num((a.bits as $unsigned).wrapping_mul(b.bits as $unsigned), upwards(a.mark | b.mark) as $unsigned)
            }

            /// The distance of a shift, unless it is secret.
            const fn distance(b: Num) -> Option<u32> {
                if b.mark & (WIDTH as u64 - 1) == 0 { Some(b.bits as u32 % WIDTH) } else { None }
            }

            pub const fn shl(a: Num, b: Num) -> Num {
                let bits = (a.bits as $unsigned).wrapping_shl(b.bits as u32);
                let Some(n) = distance(b) else { return num(bits, $unsigned::MAX) };
                num(bits, (a.mark as $unsigned) << n)
            }

            pub const fn shr_u(a: Num, b: Num) -> Num {
                let bits = (a.bits as $unsigned).wrapping_shr(b.bits as u32);
                let Some(n) = distance(b) else { return num(bits, $unsigned::MAX) };
                num(bits, a.mark as $unsigned >> n)
            }

            pub const fn shr_s(a: Num, b: Num) -> Num {
                let bits = (a.bits as $signed).wrapping_shr(b.bits as u32) as $unsigned;
                let Some(n) = distance(b) else { return num(bits, $unsigned::MAX) };
                num(bits, (a.mark as $signed >> n) as $unsigned)
            }

            pub const fn rotl(a: Num, b: Num) -> Num {
                let bits = (a.bits as $unsigned).rotate_left(b.bits as u32 % WIDTH);
                let Some(n) = distance(b) else { return num(bits, $unsigned::MAX) };
                num(bits, (a.mark as $unsigned).rotate_left(n))
            }

            pub const fn rotr(a: Num, b: Num) -> Num {
                let bits = (a.bits as $unsigned).rotate_right(b.bits as u32 % WIDTH);
                let Some(n) = distance(b) else { return num(bits, $unsigned::MAX) };
                num(bits, (a.mark as $unsigned).rotate_right(n))
            }

            /// A number from 0 to the width.
            const fn count(count: u32, a: Num) -> Num {
                Num { bits: count as u64, mark: if a.mark == 0 { 0 } else { 2 * WIDTH as u64 - 1 } }
            }

            pub const fn clz(a: Num) -> Num {
                count((a.bits as $unsigned).leading_zeros(), a)
            }

            pub const fn ctz(a: Num) -> Num {
                count((a.bits as $unsigned).trailing_zeros(), a)
            }

            pub const fn popcnt(a: Num) -> Num {
                count((a.bits as $unsigned).count_ones(), a)
            }

            pub const fn lt_s(a: Num, b: Num) -> Num {
                lt_u(signed(a), signed(b))
            }

            pub const fn gt_s(a: Num, b: Num) -> Num {
                gt_u(signed(a), signed(b))
            }

            pub const fn le_s(a: Num, b: Num) -> Num {
                le_u(signed(a), signed(b))
            }

            pub const fn ge_s(a: Num, b: Num) -> Num {
                le_u(signed(b), signed(a))
            }

            pub const fn extend8_s(a: Num) -> Num {
                num(a.bits as i8 as $unsigned, a.mark as i8 as $unsigned)
            }

            pub const fn extend16_s(a: Num) -> Num {
                num(a.bits as i16 as $unsigned, a.mark as i16 as $unsigned)
            }

            pub const fn div_u(a: u64, b: u64) -> Option<u64> {
                a.checked_div(b)
            }

            pub const fn rem_u(a: u64, b: u64) -> Option<u64> {
                a.checked_rem(b)
            }

            /// None where the instruction traps.
            pub const fn div_s(a: u64, b: u64) -> Option<u64> {
                match (a as $signed).checked_div(b as $signed) {
                    Some(quotient) => Some(quotient as $unsigned as u64),
                    None => None,
                }
            }

            pub const fn rem_s(a: u64, b: u64) -> Option<u64> {
                if b == 0 { None } else { Some((a as $signed).wrapping_rem(b as $signed) as $unsigned as u64) }
            }

            /// A saturating conversion of a double.
            pub const fn trunc_sat_f64_u(a: Num) -> Num {
                num(f64::from_bits(a.bits) as $unsigned, if a.mark == 0 { 0 } else { $unsigned::MAX })
            }
        }
    };
}

integer!(w32, u32, i32);
integer!(w64, u64, i64);
