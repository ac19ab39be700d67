//! Authenticated encryption: sealed bytes can be read only with their key and in their place.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::SecretKey;
use super::key::random;
use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::hex;

/// The place that sealed bytes belong to, as 32 bytes. They are not secret.
pub(crate) type Label = [u8; 32];

/// The version of the layout, which is the first byte.
const VERSION: u8 = 1;
const NONCE: usize = 24;
/// Version, label, nonce.
const HEADER: usize = 1 + 32 + NONCE;

/// Everything that sealed bytes are bound to besides their label: each part after its length as
/// u64, little-endian.
#[derive(Debug, Clone, Default)]
pub struct Context(Vec<u8>);

impl Context {
    /// A context for one kind of content.
    pub fn new(sort: &str) -> Self {
        Context::default().with(sort.as_bytes())
    }

    /// The context with one more part.
    pub fn with(mut self, part: &[u8]) -> Self {
        self.0.extend_from_slice(&(part.len() as u64).to_le_bytes());
        self.0.extend_from_slice(part);
        self
    }

    /// The context as it is authenticated.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The associated data: the context and the header, which is in clear.
    fn associated(&self, header: &[u8]) -> Vec<u8> {
        [&self.0[..], header].concat()
    }
}

/// Encrypts with a random nonce of 192 bits. The layout is `1`, label, nonce, ciphertext with tag.
pub fn seal(key: &SecretKey, label: &Label, context: &Context, plain: &[u8]) -> Result<Vec<u8>> {
    let nonce = random::<NONCE>()?;
    let mut sealed = Vec::with_capacity(HEADER + plain.len() + 16);
    sealed.push(VERSION);
    sealed.extend_from_slice(label);
    sealed.extend_from_slice(&nonce);
    let aad = context.associated(&sealed);
    let cipher = XChaCha20Poly1305::new(key.as_bytes().into());
    let ciphertext =
        cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad }).map_err(|_| {
            Error::new(ErrorKind::LimitExceeded, Stage::Keys, "this is too long to seal")
        })?;
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

/// Decrypts what [`seal`] made for this label and context. `what` names it in messages.
///
/// # Errors
///
/// [`ErrorKind::Misplaced`] if it was sealed for another label, [`ErrorKind::Tampered`] if it, its
/// label or its context was changed (or if the key is wrong, which the caller has to know).
pub fn open(
    key: &SecretKey,
    label: &Label,
    context: &Context,
    sealed: &[u8],
    what: &str,
) -> Result<Zeroizing<Vec<u8>>> {
    let refuse = |kind, why: &str| {
        Error::new(kind, Stage::Keys, format!("{what} {why}"))
            .next("restore an intact copy, and find out who changed this one")
    };
    let Some((header, ciphertext)) = sealed.split_at_checked(HEADER) else {
        return Err(refuse(ErrorKind::Tampered, "was truncated"));
    };
    if header[0] != VERSION {
        return Err(refuse(ErrorKind::Tampered, "has an unknown layout"));
    }
    if header[1..33] != label[..] {
        let found = hex::encode(&header[1..5]);
        let why = format!("was sealed for another place ({found}…) and does not belong here");
        return Err(refuse(ErrorKind::Misplaced, &why));
    }
    let mut nonce = [0; NONCE];
    nonce.copy_from_slice(&header[33..]);
    let aad = context.associated(header);
    XChaCha20Poly1305::new(key.as_bytes().into())
        .decrypt(&XNonce::from(nonce), Payload { msg: ciphertext, aad: &aad })
        .map(Zeroizing::new)
        .map_err(|_| refuse(ErrorKind::Tampered, "was changed after it was sealed"))
}

/// Bytes in the mark that identifies a key.
const MARK: usize = 8;

fn mark(key: &SecretKey) -> [u8; MARK] {
    let mut mark = [0; MARK];
    mark.copy_from_slice(&key.derive("evenmatch key mark/1").as_bytes()[..MARK]);
    mark
}

/// Seals a key with the master key, after a mark of the latter, so that a wrong master key can be
/// distinguished from changed bytes. The mark reveals nothing about the key to those without it.
pub fn wrap(
    master: &SecretKey,
    label: &Label,
    context: &Context,
    secret: &SecretKey,
) -> Result<Vec<u8>> {
    let sealed = seal(&master.derive("evenmatch wrap/1"), label, context, secret.as_bytes())?;
    Ok([&mark(master)[..], &sealed].concat())
}

/// Opens what [`wrap`] made. `what` names it in messages.
///
/// # Errors
///
/// [`ErrorKind::WrongKey`] if another master key wrapped it; otherwise as for [`open`].
pub fn unwrap(
    master: &SecretKey,
    label: &Label,
    context: &Context,
    wrapped: &[u8],
    what: &str,
) -> Result<SecretKey> {
    let refuse = |kind, why: &str| Error::new(kind, Stage::Keys, format!("{what} {why}"));
    let Some((found, sealed)) = wrapped.split_at_checked(MARK) else {
        return Err(refuse(ErrorKind::Tampered, "was truncated"));
    };
    if found != mark(master) {
        return Err(refuse(ErrorKind::WrongKey, "is wrapped with another master key")
            .next("name the key that it was made with: --key-file, --key-command"));
    }
    let plain = open(&master.derive("evenmatch wrap/1"), label, context, sealed, what)?;
    match <[u8; 32]>::try_from(plain.as_slice()) {
        Ok(bytes) => Ok(SecretKey::from_bytes(bytes)),
        Err(_) => Err(refuse(ErrorKind::Tampered, "is not a key")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SecretKey {
        SecretKey::from_bytes([9; 32])
    }

    #[test]
    fn what_was_sealed_comes_back_and_never_looks_the_same() {
        let context = Context::new("test").with(b"x");
        let sealed = seal(&key(), &[1; 32], &context, b"secret words").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_ne!(sealed, seal(&key(), &[1; 32], &context, b"secret words").unwrap());
        let plain = open(&key(), &[1; 32], &context, &sealed, "it").unwrap();
        assert_eq!(&plain[..], b"secret words");
    }

    #[test]
    fn a_wrong_master_key_is_told_from_changed_bytes() {
        let (context, secret) = (Context::new("test"), SecretKey::from_bytes([1; 32]));
        let mut wrapped = wrap(&key(), &[1; 32], &context, &secret).unwrap();
        let read = unwrap(&key(), &[1; 32], &context, &wrapped, "it").unwrap();
        assert_eq!(read.as_bytes(), secret.as_bytes());
        let other = SecretKey::from_bytes([8; 32]);
        let error = unwrap(&other, &[1; 32], &context, &wrapped, "it").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WrongKey);
        *wrapped.last_mut().unwrap() ^= 1;
        let error = unwrap(&key(), &[1; 32], &context, &wrapped, "it").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tampered);
    }

    #[test]
    fn each_flipped_bit_each_cut_and_each_other_binding_is_refused() {
        let context = Context::new("test").with(b"x");
        let sealed = seal(&key(), &[1; 32], &context, b"secret").unwrap();
        for bit in 0..8 * sealed.len() {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let kind = open(&key(), &[1; 32], &context, &changed, "it").unwrap_err().kind();
            let label = (8..8 * 33).contains(&bit);
            assert_eq!(kind, if label { ErrorKind::Misplaced } else { ErrorKind::Tampered });
        }
        for length in 0..sealed.len() {
            assert!(open(&key(), &[1; 32], &context, &sealed[..length], "it").is_err());
        }
        let kind = |key: &SecretKey, label, context: &Context| {
            open(key, &label, context, &sealed, "it").unwrap_err().kind()
        };
        let others = [Context::new("test"), Context::new("tes").with(b"tx"), Context::default()];
        for other in &others {
            assert_eq!(kind(&key(), [1; 32], other), ErrorKind::Tampered);
        }
        assert_eq!(kind(&key(), [2; 32], &context), ErrorKind::Misplaced);
        assert_eq!(kind(&SecretKey::from_bytes([8; 32]), [1; 32], &context), ErrorKind::Tampered);
    }
}
