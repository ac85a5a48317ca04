//! One enum for everything that can be refused. The codes are stable: logs, tests and users rely on them.

use core::fmt;

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $code:literal;)*) => {
        /// Why something was refused. The number crosses the WebAssembly boundary, the code reaches people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Error {
            $($(#[$doc])* $name = $number,)*
        }

        impl Error {
            /// Every error, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code, as users see it.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// The error with this number.
            #[must_use]
            pub fn from_number(number: u32) -> Option<Self> {
                Self::ALL.iter().copied().find(|error| *error as u32 == number)
            }
        }
    };
}

errors! {
    /// The secret is unset, empty, or nothing but white space.
    SecretMissing = 1, "secret_missing";
    /// The secret is too short, too regular, or a placeholder.
    SecretWeak = 2, "secret_weak";
    /// The secret was damaged on its way here: quotes or white space at its ends, or a wrong checksum.
    SecretMalformed = 3, "secret_malformed";
    /// Two callers were given the same secret.
    KeyConflict = 4, "key_conflict";
    /// The set-up contradicts itself.
    Misconfigured = 5, "misconfigured";
    /// There is no token.
    SignatureMissing = 6, "signature_missing";
    /// The token is not of the one form a token has.
    SignatureMalformed = 7, "signature_malformed";
    /// The token is of another version of countersign.
    VersionUnsupported = 8, "version_unsupported";
    /// No key on this keyring has the token's key id.
    KeyUnknown = 9, "key_unknown";
    /// The token was not made with this key for this call.
    SignatureInvalid = 10, "signature_invalid";
    /// The token is older than the window.
    Expired = 11, "expired";
    /// The token is from further in the future than the window.
    NotYetValid = 12, "not_yet_valid";
    /// The token was used before.
    Replayed = 13, "replayed";
    /// This caller may not do this.
    CallerForbidden = 14, "caller_forbidden";
    /// This function may not be called this way.
    FunctionForbidden = 15, "function_forbidden";
    /// An argument is of the wrong type or out of range.
    TypeInvalid = 16, "type_invalid";
    /// A text is not well-formed Unicode.
    TextMalformed = 17, "text_malformed";
    /// A value has no deterministic form.
    ValueUnsupported = 18, "value_unsupported";
    /// A body is larger than the cap.
    BodyTooLarge = 19, "body_too_large";
    /// A header is missing, doubled, or not of its form.
    HeaderInvalid = 20, "header_invalid";
    /// The idempotency key was used before, with other arguments.
    IdempotencyConflict = 21, "idempotency_conflict";
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl core::error::Error for Error {}
