//! The rich module.
