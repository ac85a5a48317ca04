//! Headers as they came: each that is asked for may be there once.

use super::{Header, MAX_ID_LEN, MAX_VALUE_LEN};
use crate::error::Error;

/// A delivery's headers.
pub struct Headers<'h, 'a>(&'h [Header<'a>]);

impl<'h, 'a> Headers<'h, 'a> {
    pub fn new(headers: &'h [Header<'a>]) -> Self {
        Self(headers)
    }

    /// The header that holds the signature. An empty one is as good as none.
    pub fn signature(&self, name: &[u8]) -> Result<&'a [u8], Error> {
        self.find(name)?.filter(|value| !value.is_empty()).ok_or(Error::SignatureMissing)
    }

    /// A header that has to be there.
    pub fn required(&self, name: &[u8]) -> Result<&'a [u8], Error> {
        self.find(name)?.ok_or(Error::HeaderInvalid)
    }

    /// An id or the name of an event, if there is a header for it.
    pub fn name(&self, name: Option<&[u8]>) -> Result<Option<&'a [u8]>, Error> {
        let Some(value) = name.map_or(Ok(None), |name| self.find(name))? else { return Ok(None) };
        if is_name(value) { Ok(Some(value)) } else { Err(Error::HeaderInvalid) }
    }

    fn find(&self, name: &[u8]) -> Result<Option<&'a [u8]>, Error> {
        let mut values = self.0.iter().filter(|header| header.0.eq_ignore_ascii_case(name)).map(|header| header.1);
        let value = values.next();
        if values.next().is_some() || value.is_some_and(|value| !is_value(value)) {
            return Err(Error::HeaderInvalid);
        }
        Ok(value)
    }
}

/// Printable ASCII and spaces, of bounded length.
pub fn is_value(value: &[u8]) -> bool {
    value.len() <= MAX_VALUE_LEN && value.iter().all(|c| matches!(c, b' '..=b'~'))
}

/// What an id or an event may be. No comma and no space: two headers that were joined into one are not an id.
pub fn is_name(value: &[u8]) -> bool {
    (1..=MAX_ID_LEN).contains(&value.len()) && value.iter().all(|c| matches!(c, b'!'..=b'~') && *c != b',')
}

/// What the name of a header may be (RFC 9110, section 5.6.2), of bounded length.
pub fn is_field_name(name: &[u8]) -> bool {
    (1..=100).contains(&name.len()) && name.iter().all(|c| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(c))
}
