//! 128-bit numbers with marks, and what the instructions on them make of both. Lane by lane they do what number.rs does.

use crate::number::{Num, w32, w64};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wide {
    pub bits: u128,
    pub mark: u128,
}

impl Wide {
    pub const fn public(bits: u128) -> Self {
        Self { bits, mark: 0 }
    }

    fn lane<const BITS: u32>(self, lane: u32) -> Num {
        let cut = |whole: u128| (whole >> (lane * BITS)) as u64 & (u64::MAX >> (64 - BITS));
        Num { bits: cut(self.bits), mark: cut(self.mark) }
    }

    fn from_lanes<const BITS: u32>(lane: impl Fn(u32) -> Num) -> Self {
        (0..128 / BITS).fold(Self::default(), |whole, index| {
            let Num { bits, mark } = lane(index);
            Self { bits: whole.bits | u128::from(bits) << (index * BITS), mark: whole.mark | u128::from(mark) << (index * BITS) }
        })
    }
}

pub const fn not(a: Wide) -> Wide {
    Wide { bits: !a.bits, mark: a.mark }
}

pub const fn and(a: Wide, b: Wide) -> Wide {
    Wide { bits: a.bits & b.bits, mark: a.mark & b.mark | a.mark & b.bits | b.mark & a.bits }
}

pub const fn andnot(a: Wide, b: Wide) -> Wide {
    and(a, not(b))
}

pub const fn or(a: Wide, b: Wide) -> Wide {
    not(and(not(a), not(b)))
}

pub const fn xor(a: Wide, b: Wide) -> Wide {
    Wide { bits: a.bits ^ b.bits, mark: a.mark | b.mark }
}

fn each<const BITS: u32>(a: Wide, b: Wide, lane: impl Fn(Num, Num) -> Num) -> Wide {
    Wide::from_lanes::<BITS>(|index| lane(a.lane::<BITS>(index), b.lane::<BITS>(index)))
}

/// Lanes of 8 and 16 bits, computed in 32 and cut off.
fn cut<const BITS: u32>(a: Num) -> Num {
    let mask = u64::MAX >> (64 - BITS);
    Num { bits: a.bits & mask, mark: a.mark & mask }
}

pub fn add8(a: Wide, b: Wide) -> Wide {
    each::<8>(a, b, |a, b| cut::<8>(w32::add(a, b)))
}

pub fn add16(a: Wide, b: Wide) -> Wide {
    each::<16>(a, b, |a, b| cut::<16>(w32::add(a, b)))
}

pub fn add32(a: Wide, b: Wide) -> Wide {
    each::<32>(a, b, w32::add)
}

pub fn add64(a: Wide, b: Wide) -> Wide {
    each::<64>(a, b, w64::add)
}

pub fn sub8(a: Wide, b: Wide) -> Wide {
    each::<8>(a, b, |a, b| cut::<8>(w32::sub(a, b)))
}

pub fn sub32(a: Wide, b: Wide) -> Wide {
    each::<32>(a, b, w32::sub)
}

/// All ones where the lanes are equal.
pub fn eq8(a: Wide, b: Wide) -> Wide {
    each::<8>(a, b, |a, b| {
        let Num { bits, mark } = crate::number::eq(a, b);
        Num { bits: bits * 0xff, mark: mark * 0xff }
    })
}

pub fn eq64(a: Wide, b: Wide) -> Wide {
    each::<64>(a, b, |a, b| {
        let Num { bits, mark } = crate::number::eq(a, b);
        Num { bits: bits * u64::MAX, mark: mark * u64::MAX }
    })
}

pub fn ne8(a: Wide, b: Wide) -> Wide {
    not(eq8(a, b))
}

pub fn shl32(a: Wide, b: Num) -> Wide {
    each::<32>(a, a, |lane, _| w32::shl(lane, b))
}

pub fn shr32_u(a: Wide, b: Num) -> Wide {
    each::<32>(a, a, |lane, _| w32::shr_u(lane, b))
}

pub fn shr32_s(a: Wide, b: Num) -> Wide {
    each::<32>(a, a, |lane, _| w32::shr_s(lane, b))
}

pub fn shl64(a: Wide, b: Num) -> Wide {
    each::<64>(a, a, |lane, _| w64::shl(lane, b))
}

pub fn shr64_u(a: Wide, b: Num) -> Wide {
    each::<64>(a, a, |lane, _| w64::shr_u(lane, b))
}

pub fn any_true(a: Wide) -> Num {
    Num { bits: u64::from(a.bits != 0), mark: u64::from(a.mark != 0 && a.bits & !a.mark == 0) }
}

pub fn all_true8(a: Wide) -> Num {
    let lanes = || (0..16).map(|index| a.lane::<8>(index));
    // A lane that is zero for all secrets decides.
    let never = lanes().any(|lane| lane.bits == 0 && lane.mark == 0);
    let secret = !never && lanes().any(Num::is_truth_secret);
    Num { bits: u64::from(lanes().all(|lane| lane.bits != 0)), mark: u64::from(secret) }
}

pub fn shuffle(a: Wide, b: Wide, lanes: &[u8; 16]) -> Wide {
    let pick = |a: u128, b: u128| {
        let (a, b) = (a.to_le_bytes(), b.to_le_bytes());
        u128::from_le_bytes(lanes.map(|lane| if lane < 16 { a[usize::from(lane)] } else { b[usize::from(lane) - 16] }))
    };
    Wide { bits: pick(a.bits, b.bits), mark: pick(a.mark, b.mark) }
}

pub fn splat8(a: Num) -> Wide {
    Wide::from_lanes::<8>(|_| cut::<8>(a))
}

pub fn splat32(a: Num) -> Wide {
    Wide::from_lanes::<32>(|_| a)
}

pub fn splat64(a: Num) -> Wide {
    Wide::from_lanes::<64>(|_| a)
}

pub fn extract8_u(a: Wide, lane: u8) -> Num {
    a.lane::<8>(u32::from(lane))
}

pub fn extract32(a: Wide, lane: u8) -> Num {
    a.lane::<32>(u32::from(lane))
}

pub fn extract64(a: Wide, lane: u8) -> Num {
    a.lane::<64>(u32::from(lane))
}

pub fn replace32(a: Wide, lane: u8, with: Num) -> Wide {
    Wide::from_lanes::<32>(|index| if index == u32::from(lane) { with } else { a.lane::<32>(index) })
}

pub fn replace64(a: Wide, lane: u8, with: Num) -> Wide {
    Wide::from_lanes::<64>(|index| if index == u32::from(lane) { with } else { a.lane::<64>(index) })
}

pub fn zero_extend(a: Num) -> Wide {
    Wide { bits: u128::from(a.bits), mark: u128::from(a.mark) }
}
