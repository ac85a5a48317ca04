//! The signature base (RFC 9421, section 2.5): the one text that stands for the covered parts of a message.

use alloc::vec::Vec;

use crate::error::Error;
use crate::text::to_decimal;

use super::fields::{Bare, Item, List, Value, dictionary, is_token_char};
use super::target::{Origin, Target};

/// Header fields: names and values, in the order in which they came. Several of one name are one value (RFC 9110, section 5.3).
pub type Headers<'a> = &'a [(&'a [u8], &'a [u8])];

/// A request, as far as it can be signed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub(super) method: &'a [u8],
    pub(super) origin: Origin<'a>,
    pub(super) target: Target<'a>,
    pub(super) raw_target: &'a [u8],
    pub(super) headers: Headers<'a>,
    pub(super) body: &'a [u8],
}

/// A response, and the request that it answers, as that was signed.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    pub(super) status: u16,
    pub(super) headers: Headers<'a>,
    pub(super) body: &'a [u8],
    pub(super) request: Request<'a>,
}

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub enum Message<'a> {
    /// A request.
    Request(Request<'a>),
    /// A response.
    Response(Response<'a>),
}

impl<'a> Message<'a> {
    pub(super) fn headers(&self) -> Headers<'a> {
        match self {
            Self::Request(request) => request.headers,
            Self::Response(response) => response.headers,
        }
    }

    /// The same message with other header fields.
    pub(super) fn with_headers(self, headers: Headers<'a>) -> Self {
        match self {
            Self::Request(request) => Self::Request(Request { headers, ..request }),
            Self::Response(response) => Self::Response(Response { headers, ..response }),
        }
    }

    pub(super) fn body(&self) -> &'a [u8] {
        match self {
            Self::Request(request) => request.body,
            Self::Response(response) => response.body,
        }
    }

    /// The request, if it is one or, with `req`, the one that it answers.
    fn request(&self, req: bool) -> Option<&Request<'a>> {
        match self {
            Self::Request(request) => (!req).then_some(request),
            Self::Response(response) => req.then_some(&response.request),
        }
    }
}

/// The value of all lines of a name, each without the white space around it, with `, ` between them. `None` if there is none.
///
/// # Errors
/// [`Error::HeaderInvalid`] if there is anything but printable ASCII, spaces and tabs in them: a line break would be another line of what is signed.
pub fn field_value(headers: Headers<'_>, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let mut value: Option<Vec<u8>> = None;
    for (_, line) in headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)) {
        let line = trim(line);
        if !line.iter().all(|c| matches!(c, b'\t' | 0x20..=0x7e)) {
            return Err(Error::HeaderInvalid);
        }
        match &mut value {
            None => value = Some(line.to_vec()),
            Some(value) => {
                value.extend_from_slice(b", ");
                value.extend_from_slice(line);
            }
        }
    }
    Ok(value)
}

/// Whether these are header fields (RFC 9110, sections 5.1 and 5.5): names that are tokens, and no value with an end of a line in it.
pub(super) fn are_headers(headers: Headers<'_>) -> bool {
    headers.iter().all(|(name, value)| {
        !name.is_empty() && name.iter().all(|c| is_token_char(*c)) && !value.iter().any(|c| matches!(c, b'\r' | b'\n' | b'\0'))
    })
}

fn trim(line: &[u8]) -> &[u8] {
    let is_space = |c: &u8| matches!(c, b' ' | b'\t');
    let start = line.iter().position(|c| !is_space(c)).unwrap_or(line.len());
    let end = line.iter().rposition(|c| !is_space(c)).map_or(start, |last| last + 1);
    &line[start..end]
}

/// The signature base over the covered components of `list`, whose text is the value of `@signature-params`.
///
/// # Errors
/// [`Error::SignatureMalformed`] for a component that occurs twice, that the message does not have, or that is not understood: parameters
/// other than `req`, and `key` on a signature of the request, are not. Those of [`field_value`].
pub fn signature_base(message: &Message<'_>, list: &List<'_>) -> Result<Vec<u8>, Error> {
    let mut base = Vec::with_capacity(512);
    for (i, item) in list.items.iter().enumerate() {
        let Bare::String(name) = item.bare else { return Err(Error::SignatureMalformed) };
        if list.items[..i].iter().any(|other| other.text == item.text) {
            return Err(Error::SignatureMalformed);
        }
        base.extend_from_slice(item.text);
        base.extend_from_slice(b": ");
        add_component(&mut base, message, name, item)?;
        base.push(b'\n');
    }
    base.extend_from_slice(b"\"@signature-params\": ");
    base.extend_from_slice(list.text);
    Ok(base)
}

/// Sections 2.1 and 2.2.
fn add_component(base: &mut Vec<u8>, message: &Message<'_>, name: &[u8], item: &Item<'_>) -> Result<(), Error> {
    let (req, key) = match item.parameters.as_slice() {
        [] => (false, None),
        [(b"req", Bare::Boolean(true))] => (true, None),
        [(b"req", Bare::Boolean(true)), (b"key", Bare::String(key))] => (true, Some(*key)),
        _ => return Err(Error::SignatureMalformed),
    };
    if name.starts_with(b"@") {
        if key.is_some() {
            return Err(Error::SignatureMalformed);
        }
        return add_derived(base, message, name, req).ok_or(Error::SignatureMalformed);
    }
    let headers = if req { message.request(true).ok_or(Error::SignatureMalformed)?.headers } else { message.headers() };
    // Names are in lower case here, and nowhere else.
    if name.iter().any(u8::is_ascii_uppercase) {
        return Err(Error::SignatureMalformed);
    }
    let value = field_value(headers, name)?.ok_or(Error::SignatureMalformed)?;
    match key {
        None => base.extend_from_slice(&value),
        Some(key) => base.extend_from_slice(member_text(&value, key).filter(|_| name == b"signature").ok_or(Error::SignatureMalformed)?),
    }
    Ok(())
}

/// The text of one member of a dictionary.
fn member_text<'a>(field: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    match dictionary(field)?.into_iter().find(|(name, _)| *name == key)?.1 {
        Value::Item(item) => Some(item.text),
        Value::List(list) => Some(list.text),
    }
}

fn add_derived(base: &mut Vec<u8>, message: &Message<'_>, name: &[u8], req: bool) -> Option<()> {
    if let (b"@status", Message::Response(response), false) = (name, message, req) {
        base.extend_from_slice(&to_decimal(u64::from(response.status)));
        return Some(());
    }
    let Request { method, origin, target, raw_target, .. } = message.request(req)?;
    let pieces: &[&[u8]] = match name {
        b"@method" => &[method],
        b"@authority" => &[origin.authority],
        b"@scheme" => &[origin.scheme],
        b"@target-uri" => &[origin.scheme, b"://", origin.authority, raw_target],
        b"@request-target" => &[raw_target],
        b"@path" => &[target.path],
        b"@query" if target.query.is_empty() => &[b"?"],
        b"@query" => &[target.query],
        _ => return None,
    };
    base.extend(pieces.concat());
    Some(())
}
