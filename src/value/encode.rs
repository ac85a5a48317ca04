//! Convex values in Rust, and the encoder that native callers and tests use.

use super::head;

/// A Convex value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// null
    Null,
    /// true, false
    Boolean(bool),
    /// Int64: a JavaScript bigint.
    Int64(i64),
    /// Float64: a JavaScript number.
    Float64(f64),
    /// string
    Text(String),
    /// bytes: an `ArrayBuffer`.
    Bytes(Vec<u8>),
    /// array
    Array(Vec<Value>),
    /// object; the order of its fields does not matter.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The deterministic bytes of this value. They pass [`super::check`] if Convex allows the value.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Boolean(false) => out.push(0xf4),
            Self::Boolean(true) => out.push(0xf5),
            Self::Null => out.push(0xf6),
            Self::Int64(number) if *number < 0 => write_head(1, !number.cast_unsigned(), out),
            Self::Int64(number) => write_head(0, number.cast_unsigned(), out),
            Self::Float64(number) => {
                out.push(0xfb);
                let bits = if number.is_nan() { super::CANONICAL_NAN } else { number.to_bits() };
                out.extend(bits.to_be_bytes());
            }
            Self::Text(text) => write_run(3, text.as_bytes(), out),
            Self::Bytes(bytes) => write_run(2, bytes, out),
            Self::Array(items) => {
                write_head(4, items.len() as u64, out);
                for item in items {
                    item.write(out);
                }
            }
            Self::Object(fields) => {
                let mut encoded: Vec<_> = fields.iter().map(|(name, value)| (Self::Text(name.clone()).encode(), value)).collect();
                encoded.sort_by(|(one, _), (other, _)| one.cmp(other));
                write_head(5, fields.len() as u64, out);
                for (name, value) in encoded {
                    out.extend(name);
                    value.write(out);
                }
            }
        }
    }
}

fn write_run(major: u8, bytes: &[u8], out: &mut Vec<u8>) {
    write_head(major, bytes.len() as u64, out);
    out.extend(bytes);
}

fn write_head(major: u8, number: u64, out: &mut Vec<u8>) {
    head(major, number, |byte| out.push(byte));
}
