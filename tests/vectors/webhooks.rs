//! The deliveries of `webhooks.json`, as the crate takes them.

use countersign::error::Error;
use countersign::webhook::{Custom, Encoding, Form, Provider, Stamp, Unit, Verified, verify};
use serde::Deserialize;

#[path = "files.rs"]
pub mod files;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    pub name: String,
    pub provider: String,
    pub custom: Option<CustomOptions>,
    pub secret: Vec<String>,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub url: String,
    pub now: u64,
    pub tolerance_ms: u32,
    pub code: Option<String>,
    #[serde(default)]
    pub in_body: bool,
    pub covered: Option<String>,
    pub timestamp: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomOptions {
    header: String,
    encoding: String,
    #[serde(default)]
    prefix: String,
    secret_encoding: Option<String>,
    timestamp: Option<StampOptions>,
    id_header: Option<String>,
    event_header: Option<String>,
}

#[derive(Deserialize)]
pub struct StampOptions {
    header: String,
    unit: String,
    #[serde(default)]
    before: String,
    after: String,
}

impl Delivery {
    pub fn provider(&self) -> Result<Provider<'_>, Error> {
        let Some(custom) = &self.custom else { return Ok(named(&self.provider)) };
        Provider::custom(&Custom {
            header: custom.header.as_bytes(),
            prefix: custom.prefix.as_bytes(),
            encoding: match custom.encoding.as_str() {
                "hex" => Encoding::Hex,
                "base64" => Encoding::Base64,
                "base64url" => Encoding::Base64Url,
                other => panic!("{other}"),
            },
            secret: match custom.secret_encoding.as_deref() {
                None => Form::Text(b""),
                Some("hex") => Form::Hex,
                Some("base64") => Form::Base64(b""),
                Some(other) => panic!("{other}"),
            },
            stamp: custom.timestamp.as_ref().map(|stamp| Stamp {
                header: stamp.header.as_bytes(),
                unit: if stamp.unit == "ms" { Unit::Milliseconds } else { Unit::Seconds },
                before: stamp.before.as_bytes(),
                after: stamp.after.as_bytes(),
            }),
            id: custom.id_header.as_deref().map(str::as_bytes),
            event: custom.event_header.as_deref().map(str::as_bytes),
        })
    }

    pub fn headers(&self) -> Vec<(&[u8], &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
    }

    pub fn with<'a>(&'a self, headers: &[(&'a [u8], &'a [u8])], body: &[u8]) -> Result<Verified<'a>, Error> {
        let secrets: Vec<&[u8]> = self.secret.iter().map(String::as_bytes).collect();
        verify(&self.provider()?, &secrets, headers, body, self.url.as_bytes(), self.now, self.tolerance_ms)
    }

    pub fn verify(&self) -> Result<Verified<'_>, Error> {
        self.with(&self.headers(), &files::unhex(&self.body))
    }
}

pub fn named(name: &str) -> Provider<'static> {
    match name {
        "standard" => Provider::STANDARD,
        "svix" | "clerk" | "resend" => Provider::SVIX,
        "polar" => Provider::POLAR,
        "stripe" => Provider::STRIPE,
        "github" => Provider::GITHUB,
        "slack" => Provider::SLACK,
        "shopify" => Provider::SHOPIFY,
        "linear" => Provider::LINEAR,
        "lemonsqueezy" => Provider::LEMON_SQUEEZY,
        "paddle" => Provider::PADDLE,
        "workos" => Provider::WORKOS,
        "qstash" => Provider::QSTASH,
        other => panic!("{other}"),
    }
}

pub fn deliveries() -> Vec<Delivery> {
    files::read("webhooks")
}

pub fn good() -> Vec<Delivery> {
    deliveries().into_iter().filter(|each| each.code.is_none()).collect()
}
