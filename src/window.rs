//! Time windows, in milliseconds since 1970. The clock is always an argument.

use crate::error::Error;
#[cfg(any(feature = "alloc", test))]
use alloc::{format, string::String};

/// How far a token's time may be from now, to either side, unless the caller says otherwise.
pub const DEFAULT_TOLERANCE_MS: u32 = 60_000;

/// The widest window that can be asked for: 15 minutes.
pub const MAX_TOLERANCE_MS: u32 = 15 * 60_000;

/// The latest time that can be written exactly as a JavaScript number: 2^53 - 1.
pub const MAX_TIME_MS: u64 = (1 << 53) - 1;

/// Accepts `issued_at` if it is at most `tolerance_ms` from `now`, in either direction.
///
/// # Errors
/// [`Error::TypeInvalid`] if the tolerance is over [`MAX_TOLERANCE_MS`] or `now` over [`MAX_TIME_MS`],
/// [`Error::Expired`] or [`Error::NotYetValid`] outside the window.
pub const fn check(issued_at: u64, now: u64, tolerance_ms: u32) -> Result<(), Error> {
    if tolerance_ms > MAX_TOLERANCE_MS || now > MAX_TIME_MS {
        return Err(Error::TypeInvalid);
    }
    if now.abs_diff(issued_at) <= tolerance_ms as u64 {
        Ok(())
    } else if issued_at < now {
        Err(Error::Expired)
    } else {
        Err(Error::NotYetValid)
    }
}

/// How a time stands to the window, for people.
#[cfg(any(feature = "alloc", test))]
pub(crate) fn detail(issued_at: u64, now: u64, tolerance_ms: u32) -> String {
    format!("signed at {issued_at}, now {now}, {} ms apart, {tolerance_ms} allowed", issued_at.abs_diff(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn the_window_counts_in_both_directions_and_includes_its_edges() {
        assert_eq!(check(NOW, NOW, 0), Ok(()));
        assert_eq!(check(NOW - 60_000, NOW, 60_000), Ok(()));
        assert_eq!(check(NOW - 60_001, NOW, 60_000), Err(Error::Expired));
        assert_eq!(check(NOW + 60_000, NOW, 60_000), Ok(()));
        assert_eq!(check(NOW + 60_001, NOW, 60_000), Err(Error::NotYetValid));
    }

    #[test]
    fn a_tolerance_of_zero_is_a_check_and_not_its_absence() {
        assert_eq!(check(NOW - 1, NOW, 0), Err(Error::Expired));
        assert_eq!(check(NOW + 1, NOW, 0), Err(Error::NotYetValid));
    }

    #[test]
    fn extreme_times_neither_overflow_nor_pass() {
        assert_eq!(check(0, NOW, MAX_TOLERANCE_MS), Err(Error::Expired));
        assert_eq!(check(u64::MAX, NOW, MAX_TOLERANCE_MS), Err(Error::NotYetValid));
        assert_eq!(check(u64::MAX, 0, MAX_TOLERANCE_MS), Err(Error::NotYetValid));
        assert_eq!(check(NOW / 1000, NOW, MAX_TOLERANCE_MS), Err(Error::Expired));
    }

    #[test]
    fn wider_windows_than_the_widest_are_refused() {
        assert_eq!(check(NOW, NOW, MAX_TOLERANCE_MS), Ok(()));
        assert_eq!(check(NOW, NOW, MAX_TOLERANCE_MS + 1), Err(Error::TypeInvalid));
        assert_eq!(check(NOW, MAX_TIME_MS + 1, 0), Err(Error::TypeInvalid));
    }
}
