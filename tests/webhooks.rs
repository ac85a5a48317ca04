//! Deliveries of other services: the examples of `tests/vectors/webhooks.json`, and any other.

#[path = "vectors/webhooks.rs"]
mod deliveries;
#[path = "webhooks/signing.rs"]
mod signing;
#[path = "webhooks/verifying.rs"]
mod verifying;
