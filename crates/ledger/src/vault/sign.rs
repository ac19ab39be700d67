//! Ed25519 signatures with a context.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::SecretKey;
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::hex;

/// The public half of a signing key: 64 lower-case hexadecimal digits. Anybody who has it can check
/// every signature, but cannot make one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// An Ed25519 signature: 128 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

/// The bytes that are signed: the context, a zero byte, the message.
fn message(context: &str, message: &[u8]) -> Vec<u8> {
    [context.as_bytes(), &[0], message].concat()
}

/// A signing key.
#[derive(Clone)]
pub struct Signer(SigningKey);

impl Signer {
    /// The signer with these secret bytes (the seed in RFC 8032).
    pub fn new(secret: &SecretKey) -> Self {
        Signer(SigningKey::from_bytes(secret.as_bytes()))
    }

    /// The key that checks the signatures.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs a text for one context.
    pub fn sign(&self, context: &str, text: &[u8]) -> Signature {
        Signature(self.0.sign(&message(context, text)).to_bytes())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.public()).finish()
    }
}

impl PublicKey {
    /// Whether this key made the signature for this context and message. Weak keys, and signatures
    /// that other libraries would interpret differently, are refused (`verify_strict`).
    pub fn verifies(&self, context: &str, text: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(&message(context, text), &signature).is_ok()
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl FromStr for PublicKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bytes = hex::decode::<32>(text.trim().as_bytes());
        let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        key.map(PublicKey).ok_or_else(|| {
            let message = "this is not an Ed25519 public key of 64 lower-case hexadecimal digits";
            Error::new(ErrorKind::InvalidArgument, Stage::Keys, message)
                .next("print the ledger's key: evenmatch ledger key")
        })
    }
}

impl FromStr for Signature {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        hex::decode(text.as_bytes()).map(Signature).ok_or_else(|| {
            let message = "this is not a signature of 128 lower-case hexadecimal digits";
            Error::new(ErrorKind::Tampered, Stage::Keys, message)
                .next("copy the whole signature, without line breaks")
        })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0.as_bytes()))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({self})")
    }
}

/// As text in JSON.
macro_rules! as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

as_text!(PublicKey);
as_text!(Signature);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_key_is_that_of_rfc_8032() {
        // RFC 8032, section 7.1, test 1.
        let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let signer = Signer::new(&SecretKey::from_bytes(hex::decode(secret.as_bytes()).unwrap()));
        assert_eq!(signer.public().to_string(), public);
        assert_eq!(public.parse::<PublicKey>().unwrap(), signer.public());
    }

    #[test]
    fn a_signature_holds_for_one_key_context_and_message() {
        let signer = Signer::new(&SecretKey::from_bytes([3; 32]));
        let other = Signer::new(&SecretKey::from_bytes([4; 32]));
        let signature = signer.sign("receipt", b"text");
        assert!(signer.public().verifies("receipt", b"text", &signature));
        assert!(!signer.public().verifies("checkpoint", b"text", &signature));
        assert!(!signer.public().verifies("receipt", b"texts", &signature));
        assert!(!other.public().verifies("receipt", b"text", &signature));
        let text = signature.to_string();
        assert_eq!(text.parse::<Signature>().unwrap(), signature);
        assert!(text.to_uppercase().parse::<Signature>().is_err());
    }
}
