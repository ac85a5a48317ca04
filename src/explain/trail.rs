//! Keeps what a verification tells of itself.

use super::{Step, failed, passed};
use crate::error::Error;
use crate::watch::Watch;

/// The checks that were made, and what the MAC is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// Each check in its order. One that did not hold is the last.
    pub steps: Vec<Step>,
    /// The bytes that were signed, if it came that far.
    pub signed: Option<Vec<u8>>,
}

/// Listens to a verification.
#[derive(Default)]
pub struct Trail {
    explained: Explained,
    present: Option<(&'static str, String)>,
}

impl Trail {
    /// What came of it. `advice` says of a failed check what it means.
    pub fn end(mut self, refusal: Option<Error>, advice: fn(&'static str, Error) -> &'static str) -> Explained {
        match refusal {
            None => self.held(),
            Some(error) => {
                let (step, detail) = self.present.take().unwrap_or_default();
                let advice = advice(step, error);
                let text = if detail.is_empty() { advice.to_owned() } else { format!("{advice} ({detail})") };
                self.explained.steps.push(failed(step, error, &text));
            }
        }
        self.explained
    }

    fn held(&mut self) {
        if let Some((step, detail)) = self.present.take() {
            self.explained.steps.push(passed(step, detail));
        }
    }
}

impl Watch for Trail {
    fn check(&mut self, step: &'static str) {
        self.held();
        self.present = Some((step, String::new()));
    }

    fn found(&mut self, detail: impl FnOnce() -> String) {
        if let Some((_, text)) = &mut self.present {
            *text = detail();
        }
    }

    fn signed(&mut self, pieces: &[&[u8]]) {
        self.explained.signed = Some(pieces.concat());
    }
}
