//! What can depend on a secret and must not.

use std::collections::BTreeMap;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Branch,
    BranchTable,
    Select,
    LoadAddress,
    StoreAddress,
    BulkArgument,
    IndirectCall,
    Division,
    MemoryGrow,
    TableIndex,
    HostArgument,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Branch => "branch",
            Self::BranchTable => "br_table",
            Self::Select => "select",
            Self::LoadAddress => "load address",
            Self::StoreAddress => "store address",
            Self::BulkArgument => "bulk-memory argument",
            Self::IndirectCall => "call_indirect",
            Self::Division => "division",
            Self::MemoryGrow => "memory.grow",
            Self::TableIndex => "table index",
            Self::HostArgument => "host-call argument",
        })
    }
}

/// An instruction that a secret decided: the function's number and the byte of the file at which it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub kind: Kind,
    pub function: u32,
    pub offset: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in function {} at byte {:#x}", self.kind, self.function, self.offset)
    }
}

/// How often each was reached.
pub type Reports = BTreeMap<Place, u64>;

/// Of each kind, at how many places, and how often in all.
pub fn totals(reports: &Reports) -> BTreeMap<Kind, (usize, u64)> {
    let mut totals = BTreeMap::new();
    for (place, times) in reports {
        let total: &mut (usize, u64) = totals.entry(place.kind).or_default();
        total.0 += 1;
        total.1 += times;
    }
    totals
}
