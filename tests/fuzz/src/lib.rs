//! The bodies of the fuzz targets. Each takes any bytes, and panics if the crate answers otherwise than a second, plain reading of
//! the same rules does. What it returns is whether the crate accepted the bytes as they are: both must occur among the inputs kept.
//!
//! | target | what is held to what |
//! |---|---|
//! | [`token`] | tokens are read as a plain reader reads them, and written back the same |
//! | [`value`] | encodings are accepted if and only if the crate `minicbor`, having read one, writes it the same |
//! | [`call`] | tokens, calls, keys and clocks are accepted or refused as a second implementation of all of it says |
//! | [`secret`] | problems, comparisons and derived keys are those of a plain reading |
//! | [`scope`] | callers and functions are on a list if a regular expression made of its entries matches them |
//! | [`message`] | signed requests and responses are accepted or refused as a second implementation says, fields read as the crate `sfv` reads them |
//! | [`webhook`] | deliveries of every provider are accepted or refused as a second implementation says |
//! | [`keyring`] | key ids, admission and look-up are those of a list that is searched from its beginning |
#![forbid(unsafe_code)]

pub mod call;
pub mod fields;
pub mod keyring;
pub mod message;
pub mod scope;
pub mod secret;
pub mod token;
pub mod value;
pub mod webhook;

mod choices;
