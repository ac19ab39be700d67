//! Secrets: keys, sealing and signatures.
//!
//! None of the cryptography is our own: XChaCha20-Poly1305, HMAC-SHA-256 and Ed25519 come from the
//! RustCrypto and dalek crates. This module decides what is bound to what:
//!
//! - A [`SecretKey`] is wiped from memory when it is dropped, and shows nothing in `Debug`.
//! - Sealed bytes carry their label in clear, so that bytes moved to another place can be
//!   distinguished from bytes that were changed. Label and context are authenticated too.
//! - Every signature and every derived key has a context, so that none can be used for another.

mod key;
mod seal;
mod sign;

pub use key::random;
pub use key::{KEY_VARIABLE, KeySource, SecretKey};
pub use seal::{Context, open, seal, unwrap, wrap};
pub use sign::Signer;
pub use sign::{PublicKey, Signature};
