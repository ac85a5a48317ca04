//! Convex values as bytes: the core deterministic encoding of CBOR (RFC 8949, section 4.2.1), of which every value has one.
//!
//! | Convex | CBOR |
//! |---|---|
//! | null, boolean | simple values 22, 20 and 21 |
//! | Int64 | integer, shortest form |
//! | Float64 | always a double; NaN only as 7ff8000000000000 |
//! | string | text, well-formed UTF-8 |
//! | bytes | byte string |
//! | array | array |
//! | object | map with text keys, sorted bytewise by their encoding, each once |
//!
//! Whoever encodes a value is not trusted: [`check`] accepts a sequence of bytes only if it is that one form, so a fault in
//! an encoder is an error and never two values with the same bytes.

use crate::text::is_utf8;

#[cfg(any(feature = "std", test))]
mod encode;

#[cfg(any(feature = "std", test))]
pub use encode::Value;

/// How many arrays and objects may contain each other.
pub const MAX_DEPTH: usize = 64;

/// The most bytes a value may have: 16 MiB.
pub const MAX_LEN: usize = 16 << 20;

/// The longest name of an object's field, as in Convex.
pub const MAX_FIELD_NAME: usize = 1024;

/// Why bytes are not the deterministic form of a Convex value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Fault {
    /// More than [`MAX_LEN`] bytes.
    TooLong = 1,
    /// More than [`MAX_DEPTH`] arrays and objects in each other.
    TooDeep = 2,
    /// The bytes end before the value does, or go on after it.
    Length = 3,
    /// An item that no Convex value is encoded as, or not in its shortest form.
    Item = 4,
    /// An integer outside the 64 bits of an Int64.
    IntegerRange = 5,
    /// Text that is not UTF-8.
    Text = 6,
    /// A field's name that is not text, begins with `$`, is over 1024 bytes long, or holds anything but printable ASCII.
    FieldName = 7,
    /// A field out of order, or there twice.
    FieldOrder = 8,
}

impl Fault {
    /// What is wrong, in words.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::TooLong => "the value is larger than 16 MiB",
            Self::TooDeep => "arrays and objects are nested more than 64 deep",
            Self::Length => "the encoding ends too early or goes on too long",
            Self::Item => "an item is not in the deterministic form of a Convex value",
            Self::IntegerRange => "an integer does not fit into 64 bits",
            Self::Text => "a text is not well-formed Unicode",
            Self::FieldName => "a field's name must be at most 1024 printable ASCII characters and not begin with '$'",
            Self::FieldOrder => "a field is out of order or there twice",
        }
    }
}

/// A [`Fault`] and the byte at which the item begins that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub fault: Fault,
    /// Where, counted in bytes from the start.
    pub offset: usize,
}

/// Accepts `bytes` if they are the deterministic form of one Convex value, in time linear in their number.
///
/// # Errors
/// A [`Refusal`] that says what is wrong with them, and where.
pub fn check(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() > MAX_LEN {
        return Err(Refusal { fault: Fault::TooLong, offset: 0 });
    }
    let mut reader = Reader { rest: bytes, item: bytes, initial: 0, argument: 0 };
    let mut checked = reader.value(0);
    if checked.is_ok() && !reader.rest.is_empty() {
        reader.item = reader.rest;
        checked = Err(Fault::Length);
    }
    checked.map_err(|fault| Refusal { fault, offset: bytes.len() - reader.item.len() })
}

struct Reader<'a> {
    /// What was not read yet.
    rest: &'a [u8],
    /// The same, when the item that is being read began.
    item: &'a [u8],
    /// What that item begins with: a byte, and the number in it or after it.
    initial: u8,
    argument: u64,
}

impl<'a> Reader<'a> {
    /// Reads a value that `depth` arrays and objects contain.
    fn value(&mut self, depth: usize) -> Result<(), Fault> {
        self.head()?;
        let Self { initial, argument, .. } = *self;
        let major = initial >> 5;
        let fault = match major {
            0 | 1 => (argument > i64::MAX as u64).then_some(Fault::IntegerRange),
            2 | 3 => {
                let run = self.run(argument)?;
                (major == 3 && !is_utf8(run)).then_some(Fault::Text)
            }
            4 | 5 => return self.items(argument, major == 5, depth),
            _ => {
                let is_known =
                    matches!(initial, 0xf4..=0xf6) || initial == 0xfb && (argument == CANONICAL_NAN || !f64::from_bits(argument).is_nan());
                (!is_known).then_some(Fault::Item)
            }
        };
        fault.map_or(Ok(()), Err)
    }

    /// Reads what an array or object contains.
    fn items(&mut self, count: u64, is_map: bool, depth: usize) -> Result<(), Fault> {
        // Each item takes at least a byte, so more of them than bytes are left cannot follow.
        if count > self.rest.len() as u64 {
            return Err(Fault::Length);
        }
        if depth == MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        let mut last: &[u8] = &[];
        for _ in 0..count {
            if is_map {
                last = self.field_name(last)?;
            }
            self.value(depth + 1)?;
        }
        Ok(())
    }

    /// Reads the name of a field that comes after `last`, and returns it as it is encoded.
    fn field_name(&mut self, last: &[u8]) -> Result<&'a [u8], Fault> {
        self.head()?;
        if self.initial >> 5 != 3 {
            return Err(Fault::FieldName);
        }
        let name = self.run(self.argument)?;
        if name.len() > MAX_FIELD_NAME || name.first() == Some(&b'$') || !name.iter().all(|c| matches!(c, b' '..=b'~')) {
            return Err(Fault::FieldName);
        }
        let (encoded, _) = self.item.split_at_checked(self.item.len() - self.rest.len()).ok_or(Fault::Length)?;
        if encoded > last { Ok(encoded) } else { Err(Fault::FieldOrder) }
    }

    /// Begins an item. The number must be in its shortest form unless it is a double.
    fn head(&mut self) -> Result<(), Fault> {
        self.item = self.rest;
        self.initial = self.number(1)? as u8;
        let info = self.initial & 31;
        self.argument = u64::from(info);
        if info > 27 {
            return Err(Fault::Item);
        }
        if info > 23 {
            let len = 1 << (info - 24);
            self.argument = self.number(len)?;
            let least = if len == 1 { 24 } else { 1 << (4 * len) };
            if self.argument < least && self.initial >> 5 != 7 {
                return Err(Fault::Item);
            }
        }
        Ok(())
    }

    /// The next `len` bytes as a number.
    fn number(&mut self, len: u64) -> Result<u64, Fault> {
        Ok(self.run(len)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    /// The next `len` bytes.
    fn run(&mut self, len: u64) -> Result<&'a [u8], Fault> {
        let (run, rest) = usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len)).ok_or(Fault::Length)?;
        self.rest = rest;
        Ok(run)
    }
}

const CANONICAL_NAN: u64 = 0x7ff8_0000_0000_0000;

/// The head of a CBOR item: its major type and its number in the shortest form, byte for byte.
pub(crate) fn head(major: u8, number: u64, mut put: impl FnMut(u8)) {
    let (info, len) = if number < 24 {
        (number as u8, 0)
    } else {
        let len = (8 - number.leading_zeros() / 8).next_power_of_two();
        (24 + len.trailing_zeros() as u8, len)
    };
    put(major << 5 | info);
    for place in (0..len).rev() {
        put((number >> (8 * place)) as u8);
    }
}

#[cfg(test)]
mod tests;
