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

/// An array or object under way.
#[derive(Clone, Copy, Default)]
struct Open {
    /// Items still to come. For an object: values, of which the next one's name comes first.
    left: usize,
    is_map: bool,
    /// Where the last name lies, head included. None yet: start and end are equal.
    name_start: usize,
    name_end: usize,
}

/// Accepts `bytes` if they are the deterministic form of one Convex value, in time linear in their number.
///
/// # Errors
/// A [`Refusal`] that says what is wrong with them, and where.
pub fn check(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() > MAX_LEN {
        return Err(Refusal { fault: Fault::TooLong, offset: 0 });
    }
    let mut reader = Reader { bytes, at: 0 };
    let mut open = [Open::default(); MAX_DEPTH];
    let mut depth = 0;
    loop {
        if depth > 0 && open[depth - 1].is_map {
            reader.field_name(&mut open[depth - 1])?;
        }
        let start = reader.at;
        match reader.value()? {
            Item::Scalar => {}
            Item::Container { left, is_map } => {
                if depth == MAX_DEPTH {
                    return Err(Refusal { fault: Fault::TooDeep, offset: start });
                }
                open[depth] = Open { left, is_map, name_start: 0, name_end: 0 };
                depth += 1;
                if left > 0 {
                    continue;
                }
                depth -= 1;
            }
        }
        // An item is complete; so are the containers it was the last item of.
        loop {
            if depth == 0 {
                return if reader.at == bytes.len() { Ok(()) } else { Err(Refusal { fault: Fault::Length, offset: reader.at }) };
            }
            let container = &mut open[depth - 1];
            container.left -= 1;
            if container.left > 0 {
                break;
            }
            depth -= 1;
        }
    }
}

enum Item {
    Scalar,
    Container { left: usize, is_map: bool },
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Result<Item, Refusal> {
        let start = self.at;
        let refuse = |fault| Refusal { fault, offset: start };
        let initial = self.take(1).ok_or(refuse(Fault::Length))?[0];
        match initial {
            0xf4..=0xf6 => return Ok(Item::Scalar),
            0xfb => {
                return self
                    .double()
                    .ok_or(refuse(Fault::Length))
                    .and_then(|ok| if ok { Ok(Item::Scalar) } else { Err(refuse(Fault::Item)) });
            }
            _ => {}
        }
        let argument = self.argument(initial).map_err(refuse)?;
        match initial >> 5 {
            0 | 1 if argument > i64::MAX as u64 => Err(refuse(Fault::IntegerRange)),
            0 | 1 => Ok(Item::Scalar),
            2 => self.run(argument).map(|_| Item::Scalar).ok_or(refuse(Fault::Length)),
            3 => {
                let text = self.run(argument).ok_or(refuse(Fault::Length))?;
                if core::str::from_utf8(text).is_ok() { Ok(Item::Scalar) } else { Err(refuse(Fault::Text)) }
            }
            // Each item takes at least a byte, so more of them than bytes are left cannot follow.
            4 | 5 => match usize::try_from(argument) {
                Ok(left) if left <= self.bytes.len() - self.at => Ok(Item::Container { left, is_map: initial >> 5 == 5 }),
                _ => Err(refuse(Fault::Length)),
            },
            _ => Err(refuse(Fault::Item)),
        }
    }

    fn field_name(&mut self, object: &mut Open) -> Result<(), Refusal> {
        let start = self.at;
        let refuse = |fault| Refusal { fault, offset: start };
        let initial = self.take(1).ok_or(refuse(Fault::Length))?[0];
        if initial >> 5 != 3 {
            return Err(refuse(Fault::FieldName));
        }
        let len = self.argument(initial).map_err(refuse)?;
        let name = self.run(len).ok_or(refuse(Fault::Length))?;
        if name.len() > MAX_FIELD_NAME || name.first() == Some(&b'$') || !name.iter().all(|c| matches!(c, b' '..=b'~')) {
            return Err(refuse(Fault::FieldName));
        }
        let (last, this) = (&self.bytes[object.name_start..object.name_end], &self.bytes[start..self.at]);
        if last >= this {
            return Err(refuse(Fault::FieldOrder));
        }
        (object.name_start, object.name_end) = (start, self.at);
        Ok(())
    }

    /// The number that follows an initial byte, if it is in its shortest form.
    fn argument(&mut self, initial: u8) -> Result<u64, Fault> {
        let (len, least) = match initial & 31 {
            short @ 0..=23 => return Ok(u64::from(short)),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            _ => return Err(Fault::Item),
        };
        let number = self.take(len).ok_or(Fault::Length)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        if number < least { Err(Fault::Item) } else { Ok(number) }
    }

    /// Whether the eight bytes that follow are a double in its one form; nothing if they are not there.
    fn double(&mut self) -> Option<bool> {
        let bits = self.take(8)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        Some(!f64::from_bits(bits).is_nan() || bits == CANONICAL_NAN)
    }

    fn run(&mut self, len: u64) -> Option<&'a [u8]> {
        self.take(usize::try_from(len).ok()?)
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(len)?)?;
        self.at += len;
        Some(taken)
    }
}

const CANONICAL_NAN: u64 = 0x7ff8_0000_0000_0000;

/// The head of a CBOR item: its major type and its number in the shortest form. Returns the bytes used.
pub(crate) fn head(major: u8, number: u64, out: &mut [u8; 9]) -> usize {
    let bytes = number.to_be_bytes();
    let (info, len) = match number {
        0..=23 => (bytes[7], 0),
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    out[0] = major << 5 | info;
    out[1..=len].copy_from_slice(&bytes[8 - len..]);
    1 + len
}

#[cfg(test)]
mod tests;
