//! Why something is refused, check by check, for people. Decides nothing: it shows what [`crate::call`], [`crate::message`] and
//! [`crate::webhook`] decide.

mod call;
mod message;
mod trail;
mod webhook;

pub use call::{KnownKey, explain, signed_bytes};
pub use message::{RequestParts, explain_request, explain_response};
pub use trail::Explained;
pub use webhook::explain_webhook;

use crate::error::Error;

/// One check and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "rich", derive(serde::Serialize))]
pub struct Step {
    /// What was checked, in a word: `form`, `key`, `mac`, `window` and others, which each kind of signature lists.
    pub step: &'static str,
    /// Whether it held.
    pub ok: bool,
    /// What was found; for a check that failed, beginning with the error's code. Holds no secret.
    pub detail: String,
}

fn passed(step: &'static str, detail: String) -> Step {
    Step { step, ok: true, detail }
}

fn failed(step: &'static str, error: Error, detail: &str) -> Step {
    Step { step, ok: false, detail: format!("{error}: {detail}") }
}

/// Steps as one line, to be compared in tests.
#[cfg(test)]
fn verdict(steps: &[Step]) -> String {
    steps.iter().map(|step| format!("{}{}", if step.ok { "+" } else { "-" }, step.step)).collect::<Vec<_>>().join(" ")
}
