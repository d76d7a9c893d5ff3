//! The protocol: a client's bytes cut into requests, carried out, answered.

pub(super) mod arrivals;
pub(super) mod codec;
pub(super) mod denial;
pub(super) mod engine;
pub(super) mod extensions;
pub(super) mod fingerprint;
pub(super) mod handles;
pub(super) mod refusal;
pub(super) mod reply;
pub(super) mod request;
pub(super) mod work;
