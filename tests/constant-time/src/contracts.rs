//! What each export promises. An export without a contract fails the test, and so does a contract without an export.
//!
//! All numbers that are passed are lengths, stamps, times and addresses: public. Which of the bytes are secret is said with each case.

use crate::report::Kind;

/// A place where a secret is allowed to decide, and why. Both numbers are exact.
#[derive(Debug)]
pub struct Decision {
    pub kind: Kind,
    pub places: usize,
    pub times: u64,
    pub why: &'static str,
}

/// Whether a number that is returned must carry a mark, or must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    Secret,
    Public,
}

/// What a call leaves of secrets in memory, the result apart. Anything else that is left fails the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// What was there before.
    Same,
    /// One of these, so many bytes of it secret, exactly.
    Begins(Kept, usize),
    /// The same, so many at most.
    Goes(Kept, usize),
    Ends(Kept),
}

/// What is kept between calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// The key whose stamp is the first argument.
    Key,
    Mac,
    Hash,
}

/// One way through an export.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    pub export: &'static str,
    /// What is special about it.
    pub way: &'static str,
    pub returns: &'static [Returned],
    /// How many bytes of what JavaScript reads afterwards are secret, exactly.
    pub output: usize,
    pub live: Live,
    pub decisions: &'static [Decision],
}

const P: Returned = Returned::Public;
const S: Returned = Returned::Secret;

const fn path(export: &'static str, way: &'static str, returns: &'static [Returned], output: usize) -> Path {
    Path { export, way, returns, output, live: Live::Same, decisions: &[] }
}

const fn keeping(live: Live, path: Path) -> Path {
    Path { live, ..path }
}

const fn deciding(decisions: &'static [Decision], path: Path) -> Path {
    Path { decisions, ..path }
}

/// Two states of SHA-256, one for each pad.
const KEY: usize = 2 * 32;
/// What waits for the rest of a block.
const BLOCK: usize = 64;

/// Whether a secret is usable decides whether anything is made of it. Whoever configures a weak one is told so, and it lets nobody in.
const USABLE: Decision = Decision { kind: Kind::Branch, places: 1, times: 1, why: "is the secret usable" };

/// Which of its problems a secret is refused for: the number of the problem is looked up in a table, and passed on as an error.
const WHY: Decision = Decision { kind: Kind::LoadAddress, places: 2, times: 2, why: "which problem the secret has" };
const REFUSED: Decision = Decision { kind: Kind::Branch, places: 1, times: 1, why: "that there is one" };
/// A key id follows from the secret, but is public: tokens carry it. Here it is held against those of two other keys.
const NOT_LISTED: Decision = Decision { kind: Kind::Branch, places: 1, times: 2, why: "is the key id, which is public, one of two" };
/// The same for two secrets: are both usable, and has the second the key id of the first.
const BOTH_USABLE: Decision = Decision { kind: Kind::Branch, places: 1, times: 2, why: "is the secret usable" };
const SECOND: Decision = Decision { kind: Kind::Branch, places: 1, times: 1, why: "is the key id, which is public, that of the other" };
/// The same, and the third is it.
const LISTED: Decision = Decision { kind: Kind::Branch, places: 1, times: 3, why: "is the key id, which is public, one of three" };
/// Whether the text of a MAC is base64url is told apart from whether it is right. Whoever sent it knows.
const FORM: Decision = Decision { kind: Kind::Branch, places: 1, times: 1, why: "is the MAC 43 digits of base64url" };

/// Whether a provider's secret begins as all of that provider's do. Whoever configures another one is told so.
const PREFIX: Decision = Decision { kind: Kind::Branch, places: 1, times: 1, why: "does the secret begin as it must" };
/// A key in base64 is read once for each padding that it can have, until one fits: a length is public.
const FITS: Decision = Decision { kind: Kind::Branch, places: 1, times: 1, why: "is the key base64 without padding" };
const FITS_PADDED: Decision = Decision { kind: Kind::Branch, places: 2, times: 3, why: "with how much padding is the key base64" };
/// A key in hexadecimal that is none is refused.
const HEXADECIMAL: Decision = Decision { kind: Kind::Branch, places: 1, times: 1, why: "is the key hexadecimal" };
/// A secret of Polar's is a key as it is, and may be another one in base64.
const EITHER: Decision = Decision { kind: Kind::Select, places: 1, times: 1, why: "does the secret begin as it must" };
/// Whether one of the signatures was right. Whoever sent them is told.
const VERDICT: Decision = Decision { kind: Kind::Branch, places: 1, times: 1, why: "was one of the signatures right" };
const ANSWER: Decision = Decision { kind: Kind::Select, places: 1, times: 1, why: "was one of the signatures right" };
/// Whether the body has the hash that the token, which is signed, says.
const BODY: Decision = Decision { kind: Kind::Branch, places: 1, times: 1, why: "is it the body of the token" };

/// Whether the body is the one whose digest was signed.
const SAME_BODY: Decision = Decision { kind: Kind::Branch, places: 1, times: 1, why: "is the body the one that was signed" };
/// Header fields that are signed are checked to be printable, and the digest of the body, which everybody sees, is one.
const PRINTABLE: Decision = Decision { kind: Kind::Branch, places: 1, times: 43, why: "is the digest, which is public, printable" };
/// Whether the MAC of a message is right. Whoever sent it is told.
const RIGHT_MAC: Decision = Decision { kind: Kind::Branch, places: 1, times: 1, why: "is the MAC right" };

pub const LEAN: &[Path] = &[
    path("area", "", &[P], 0),
    path("result", "", &[P], 0),
    path("large", "", &[P], 0),
    path("generate_secret", "", &[], 43 + 6),
    deciding(&[USABLE], path("verify_secret", "", &[S], 0)),
    path("verify_secret", "empty", &[P], 0),
    deciding(&[USABLE, REFUSED, WHY], path("verify_secret", "refused", &[S], 0)),
    deciding(&[USABLE], path("digest_secret", "", &[P], 32)),
    path("digest_secret", "empty", &[P], 0),
    deciding(&[USABLE, REFUSED, WHY], path("digest_secret", "refused", &[S], 0)),
    path("matches_digest", "", &[S], 0),
    deciding(&[USABLE], path("fingerprint", "", &[P], 16)),
    path("fingerprint", "empty", &[P], 0),
    deciding(&[USABLE, REFUSED, WHY], path("fingerprint", "refused", &[S], 0)),
    deciding(&[USABLE], path("derive_key", "", &[P], 80)),
    path("derive_key", "empty", &[P], 0),
    deciding(&[USABLE, REFUSED, WHY], path("derive_key", "refused", &[S], 0)),
    deciding(&[USABLE, NOT_LISTED], path("derive_key", "onto a keyring of two", &[P], 80)),
    deciding(&[USABLE, LISTED], path("derive_key", "duplicate", &[P], 0)),
    keeping(Live::Begins(Kept::Key, KEY), path("load_key", "", &[], 0)),
    keeping(Live::Ends(Kept::Key), path("free_key", "", &[], 0)),
    path("sign_mac", "", &[P], 32),
    path("verify_mac", "", &[S], 0),
    path("verify_mac", "of another length", &[P], 0),
    keeping(Live::Begins(Kept::Mac, KEY), path("begin_mac", "", &[P], 0)),
    keeping(Live::Goes(Kept::Mac, KEY + BLOCK), path("update_mac", "", &[], 0)),
    keeping(Live::Ends(Kept::Mac), path("end_mac", "", &[P], 32)),
    keeping(Live::Ends(Kept::Mac), path("end_mac_verify", "", &[S], 0)),
    keeping(Live::Goes(Kept::Hash, 32 + BLOCK), path("hash_key", "", &[], 0)),
    keeping(Live::Ends(Kept::Hash), path("end_hash_key", "", &[], 32)),
    path("check_value", "", &[P], 0),
    path("sign_call", "", &[P], 43),
    path("sign_call", "an idempotency key", &[P], 43),
    deciding(&[FORM], path("verify_call", "", &[S], 0)),
    deciding(&[FORM], path("verify_call", "an idempotency key", &[S], 0)),
    deciding(&[FORM], path("verify_call", "malformed", &[P], 0)),
    deciding(&[FORM], path("verify_call", "unknown key", &[P], 0)),
    // What is told is key ids, of 16 digits each, and which secret is the one: that of the key that the token names.
    deciding(&[BOTH_USABLE, SECOND, FORM], path("admit_call", "", &[S], 33)),
    deciding(&[BOTH_USABLE, SECOND, FORM], path("admit_call", "an idempotency key", &[S], 33)),
    deciding(&[BOTH_USABLE, SECOND, FORM], path("admit_call", "malformed", &[P], 32)),
    deciding(&[USABLE, FORM], path("admit_call", "one secret", &[S], 16)),
    deciding(&[BOTH_USABLE, SECOND, FORM], path("admit_call", "shared", &[P], 16)),
    deciding(&[BOTH_USABLE, SECOND, FORM], path("admit_call", "twice", &[S], 33)),
    deciding(&[BOTH_USABLE, REFUSED, WHY, FORM], path("admit_call", "refused", &[S], 16)),
    // Names of callers and functions are public, and so is who may call what.
    path("check_scope", "", &[P], 0),
];

/// What a guard runs of the lean module, made for itself: why a secret is refused is decided where it is found to be unusable, and nowhere again.
pub const GUARD: &[Path] = &[
    path("area", "", &[P], 0),
    path("result", "", &[P], 0),
    path("large", "", &[P], 0),
    deciding(&[BOTH_USABLE, SECOND, FORM], path("admit_call", "", &[S], 33)),
    deciding(&[BOTH_USABLE, SECOND, FORM], path("admit_call", "an idempotency key", &[S], 33)),
    deciding(&[BOTH_USABLE, SECOND, FORM], path("admit_call", "malformed", &[P], 32)),
    deciding(&[USABLE, FORM], path("admit_call", "one secret", &[S], 16)),
    deciding(&[BOTH_USABLE, SECOND, FORM], path("admit_call", "shared", &[P], 16)),
    deciding(&[BOTH_USABLE, SECOND, FORM], path("admit_call", "twice", &[S], 33)),
    deciding(&[BOTH_USABLE, WHY, FORM], path("admit_call", "refused", &[S], 16)),
    path("check_scope", "", &[P], 0),
];

pub const RICH: &[Path] = &[
    path("hmac_sha256", "", &[P], 32),
    path("verify_hmac_sha256", "", &[S], 0),
    path("verify_hmac_sha256", "of another length", &[P], 0),
    deciding(&[USABLE], path("verify_secret", "", &[S], 0)),
    path("verify_secret", "empty", &[P], 0),
    deciding(&[USABLE, WHY], path("verify_secret", "refused", &[S], 0)),
    deciding(&[USABLE], path("sign_call", "", &[P, P, P, P], 16 + 43)),
    path("check_value", "", &[P, P], 0),
    path("check_webhook_time", "", &[P], 0),
];

pub const MESSAGES: &[Path] = &[
    path("area", "", &[P], 0),
    path("reserve", "", &[], 0),
    deciding(&[USABLE, PREFIX, FITS, VERDICT, ANSWER], path("verify_webhook", "base64", &[P], 0)),
    deciding(&[USABLE, PREFIX, FITS_PADDED, VERDICT, ANSWER], path("verify_webhook", "base64, padded", &[P], 0)),
    deciding(&[BOTH_USABLE, PREFIX, FITS, EITHER, VERDICT, ANSWER], path("verify_webhook", "two keys", &[P], 0)),
    deciding(&[USABLE, VERDICT, ANSWER], path("verify_webhook", "text", &[P], 0)),
    deciding(&[USABLE, PREFIX, VERDICT, ANSWER], path("verify_webhook", "prefixed text", &[P], 0)),
    deciding(&[USABLE, VERDICT, ANSWER], path("verify_webhook", "text and digest", &[P], 64)),
    deciding(&[USABLE, VERDICT, ANSWER], path("verify_webhook", "text, base64, and digest", &[P], 64)),
    deciding(&[USABLE, PREFIX, FITS, VERDICT, ANSWER], path("verify_webhook", "base64, refused", &[S], 0)),
    deciding(&[USABLE, PREFIX, FITS_PADDED, VERDICT, ANSWER], path("verify_webhook", "base64, padded, refused", &[S], 0)),
    deciding(&[BOTH_USABLE, PREFIX, FITS, EITHER, VERDICT, ANSWER], path("verify_webhook", "two keys, refused", &[S], 0)),
    deciding(&[USABLE, VERDICT, ANSWER], path("verify_webhook", "text, refused", &[S], 0)),
    deciding(&[USABLE, PREFIX, VERDICT, ANSWER], path("verify_webhook", "prefixed text, refused", &[S], 0)),
    deciding(&[USABLE, PREFIX, VERDICT, ANSWER, BODY], path("verify_webhook", "token", &[P], 0)),
    deciding(&[USABLE, PREFIX, VERDICT, ANSWER, BODY], path("verify_webhook", "token, another body", &[P], 0)),
    deciding(&[USABLE, HEXADECIMAL, VERDICT, ANSWER], path("verify_webhook", "hexadecimal", &[P], 64)),
    deciding(&[USABLE, HEXADECIMAL, VERDICT, ANSWER], path("verify_webhook", "hexadecimal, refused", &[S], 0)),
    deciding(&[USABLE, FITS, VERDICT, ANSWER], path("verify_webhook", "base64 without a prefix", &[P], 64)),
    deciding(&[USABLE, FITS, VERDICT, ANSWER], path("verify_webhook", "base64 without a prefix, refused", &[S], 0)),
    path("verify_webhook", "no secret", &[P], 0),
    deciding(&[USABLE, WHY], path("verify_webhook", "refused", &[S], 0)),
    deciding(&[USABLE, PREFIX], path("verify_webhook", "another prefix", &[P], 0)),
    deciding(&[USABLE, PREFIX, FITS], path("sign_webhook", "base64", &[P], 43)),
    deciding(&[USABLE, PREFIX, FITS_PADDED], path("sign_webhook", "base64, padded", &[P], 43)),
    deciding(&[BOTH_USABLE, PREFIX, FITS, EITHER], path("sign_webhook", "two keys", &[P], 43)),
    deciding(&[USABLE], path("sign_webhook", "text", &[P], 64)),
    deciding(&[USABLE, PREFIX], path("sign_webhook", "prefixed text", &[P], 64)),
    deciding(&[USABLE], path("sign_webhook", "text and digest", &[P], 64)),
    deciding(&[USABLE], path("sign_webhook", "text, base64, and digest", &[P], 43)),
    deciding(&[USABLE, HEXADECIMAL], path("sign_webhook", "hexadecimal", &[P], 64)),
    deciding(&[USABLE, FITS], path("sign_webhook", "base64 without a prefix", &[P], 43)),
    // The hash of the body, and the MAC.
    deciding(&[USABLE, PREFIX], path("sign_webhook", "token", &[P], 58 + 43)),
    // The digest of the body, and the MAC.
    deciding(&[PRINTABLE], path("sign_request", "", &[P], 43 + 43)),
    path("sign_request", "no body", &[P], 43),
    deciding(&[RIGHT_MAC, SAME_BODY], path("verify_request", "", &[P], 0)),
    deciding(&[RIGHT_MAC], path("verify_request", "no body", &[P], 0)),
    deciding(&[RIGHT_MAC], path("verify_request", "forged or late", &[P], 0)),
    path("verify_request", "unknown key", &[P], 0),
    path("verify_request", "malformed", &[P], 0),
    deciding(&[PRINTABLE], path("sign_response", "", &[P], 43 + 43)),
    path("sign_response", "no body", &[P], 43),
    deciding(&[RIGHT_MAC, SAME_BODY], path("verify_response", "", &[P], 0)),
    deciding(&[RIGHT_MAC], path("verify_response", "no body", &[P], 0)),
    deciding(&[RIGHT_MAC], path("verify_response", "forged", &[P], 0)),
    path("digest_webhook", "", &[P], 64),
    path("check_webhook_time", "", &[P], 0),
];

/// Reports for people: texts of different lengths, chosen by whether a secret is usable and whether a MAC is right. Nothing is claimed of
/// the time they take, and no guard calls them. That they leave nothing behind is tested in Node, with the secret's bytes themselves.
pub const REPORTS: &[&str] = &["inspect_secret", "explain_call", "explain_request", "explain_response", "explain_webhook", "signed_bytes"];

/// What the generated glue calls, with public numbers only; and, at the end, what it reads.
pub const GLUE: &[&str] = &["__wbindgen_malloc", "__wbindgen_realloc", "__wbindgen_free", "__externref_table_dealloc", "__wbindgen_start"];
pub const DATA: &[&str] = &["memory", "__wbindgen_externrefs", "__abort_handler", "__instance_terminated"];
