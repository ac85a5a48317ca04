//! Who signs how. Header names and forms of secrets are those that the providers document.

use alloc::vec::Vec;

use super::Unit::{Milliseconds, Seconds};
use super::headers::{is_field_name, is_value};
use super::hmac::{Encoding, Shape, Stamp};
use super::secrets::Form;
use super::{pairs, standard};
use crate::error::Error;

/// A provider: how its deliveries are signed.
#[derive(Clone, Copy, Debug)]
pub struct Provider<'a> {
    pub(super) secret: Form,
    pub(super) scheme: Scheme<'a>,
    /// The headers that name the delivery and the event, where no signature covers them.
    pub(super) id: Option<&'a [u8]>,
    pub(super) event: Option<&'a [u8]>,
    /// Whether nothing that is covered names a delivery, so that only its body tells it from others.
    pub(super) digest: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Scheme<'a> {
    Standard(standard::Names),
    Pairs(pairs::Shape),
    Hmac(Shape<'a>),
    Qstash,
}

const WHSEC: Form = Form::Base64(b"whsec_");

const WEBHOOK: Scheme =
    Scheme::Standard(standard::Names { id: b"webhook-id", timestamp: b"webhook-timestamp", signature: b"webhook-signature" });

const SVIX: Scheme = Scheme::Standard(standard::Names { id: b"svix-id", timestamp: b"svix-timestamp", signature: b"svix-signature" });

const fn provider(secret: Form, scheme: Scheme<'static>) -> Provider<'static> {
    Provider { secret, scheme, id: None, event: None, digest: false }
}

const fn unnamed(header: &'static [u8], prefix: &'static [u8], encoding: Encoding) -> Provider<'static> {
    let scheme = Scheme::Hmac(Shape { header, prefix, encoding, stamp: None });
    Provider { secret: Form::Text(b""), scheme, id: None, event: None, digest: true }
}

impl Provider<'static> {
    /// Standard Webhooks. The id is covered.
    pub const STANDARD: Self = provider(WHSEC, WEBHOOK);
    /// Svix, and Clerk and Resend, which use it. The id is covered.
    pub const SVIX: Self = provider(WHSEC, SVIX);
    /// Polar: Standard Webhooks with one of two keys. The id is covered.
    pub const POLAR: Self = provider(Form::Polar, WEBHOOK);
    /// Stripe. The key is the whole text of the secret, `whsec_` included. The id is in the body.
    pub const STRIPE: Self = provider(
        Form::Text(b"whsec_"),
        Scheme::Pairs(pairs::Shape { header: b"stripe-signature", between: b",", time: b"t", unit: Seconds, mac: b"v1", separator: b"." }),
    );
    /// GitHub. Neither id nor event is covered.
    pub const GITHUB: Self = Self {
        id: Some(b"x-github-delivery"),
        event: Some(b"x-github-event"),
        ..unnamed(b"x-hub-signature-256", b"sha256=", Encoding::Hex)
    };
    /// Slack. The id of an event is in its body.
    pub const SLACK: Self = provider(
        Form::Text(b""),
        Scheme::Hmac(Shape {
            header: b"x-slack-signature",
            prefix: b"v0=",
            encoding: Encoding::Hex,
            stamp: Some(Stamp { header: b"x-slack-request-timestamp", unit: Seconds, before: b"v0:", after: b":" }),
        }),
    );
    /// Shopify. Neither id nor event is covered, and there is no time.
    pub const SHOPIFY: Self = Self {
        id: Some(b"x-shopify-webhook-id"),
        event: Some(b"x-shopify-topic"),
        ..unnamed(b"x-shopify-hmac-sha256", b"", Encoding::Base64)
    };
    /// Linear. Neither id nor event is covered; the time is in the body.
    pub const LINEAR: Self =
        Self { id: Some(b"linear-delivery"), event: Some(b"linear-event"), ..unnamed(b"linear-signature", b"", Encoding::Hex) };
    /// Lemon Squeezy. The event is in the body as well; there is neither an id nor a time.
    pub const LEMON_SQUEEZY: Self = Self { event: Some(b"x-event-name"), ..unnamed(b"x-signature", b"", Encoding::Hex) };
    /// Paddle. The id is in the body.
    pub const PADDLE: Self = provider(
        Form::Text(b"pdl_ntfset_"),
        Scheme::Pairs(pairs::Shape { header: b"paddle-signature", between: b";", time: b"ts", unit: Seconds, mac: b"h1", separator: b":" }),
    );
    /// `WorkOS`. The id is in the body.
    pub const WORKOS: Self = provider(
        Form::Text(b""),
        Scheme::Pairs(pairs::Shape {
            header: b"workos-signature",
            between: b", ",
            time: b"t",
            unit: Milliseconds,
            mac: b"v1",
            separator: b".",
        }),
    );
    /// `QStash`. The id is that of the token, and covered.
    pub const QSTASH: Self = provider(Form::Text(b"sig_"), Scheme::Qstash);

    /// Every provider with a name, in the order of their numbers.
    pub const ALL: &'static [Self] = &[
        Self::STANDARD,
        Self::SVIX,
        Self::POLAR,
        Self::STRIPE,
        Self::GITHUB,
        Self::SLACK,
        Self::SHOPIFY,
        Self::LINEAR,
        Self::LEMON_SQUEEZY,
        Self::PADDLE,
        Self::WORKOS,
        Self::QSTASH,
    ];

    /// The provider with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<&'static Self> {
        Self::ALL.get(number as usize)
    }
}

/// A provider that has no name here.
#[derive(Clone, Copy, Debug)]
pub struct Custom<'a> {
    /// The header that holds the signature.
    pub header: &'a [u8],
    /// What stands before the signature in its header.
    pub prefix: &'a [u8],
    /// How the signature is written.
    pub encoding: Encoding,
    /// The form of the secret.
    pub secret: Form,
    /// A time that is signed too.
    pub stamp: Option<Stamp<'a>>,
    /// The header that names the delivery, if any. No signature covers it.
    pub id: Option<&'a [u8]>,
    /// The header that names the event, if any. No signature covers it.
    pub event: Option<&'a [u8]>,
}

impl<'a> Provider<'a> {
    /// One that signs as described.
    ///
    /// # Errors
    /// [`Error::Misconfigured`] if a name is not that of a header, or two are the same, or a text is none that a header may hold.
    pub fn custom(custom: &Custom<'a>) -> Result<Self, Error> {
        let Custom { header, prefix, encoding, secret, stamp, id, event } = *custom;
        let names: Vec<&[u8]> = [Some(header), stamp.map(|stamp| stamp.header), id, event].into_iter().flatten().collect();
        let distinct = names.iter().enumerate().all(|(index, name)| names[..index].iter().all(|other| !other.eq_ignore_ascii_case(name)));
        let texts = [prefix, stamp.map_or(b"", |stamp| stamp.before), stamp.map_or(b"", |stamp| stamp.after)];
        // A time that nothing divides from the body could be cut elsewhere, if the body begins with a digit.
        let divided = stamp.is_none_or(|stamp| stamp.after.first().is_some_and(|c| !c.is_ascii_digit()));
        if !distinct || !divided || !names.iter().all(|name| is_field_name(name)) || !texts.iter().all(|text| is_value(text)) {
            return Err(Error::Misconfigured);
        }
        Ok(Self { secret, scheme: Scheme::Hmac(Shape { header, prefix, encoding, stamp }), id, event, digest: true })
    }
}
