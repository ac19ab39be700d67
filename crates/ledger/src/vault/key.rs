//! Secret keys, and where the master key comes from.

use std::io::Write;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Error, ErrorKind, Result, Stage};
use evenmatch_core::hex;

/// The environment variable that [`KeySource::Environment`] reads by default.
pub const KEY_VARIABLE: &str = "EVENMATCH_MASTER_KEY";

/// The start of a key's text; 64 lower-case hexadecimal digits follow.
const PREFIX: &str = "evenmatch-key-1:";
/// Maximum length of a key's text; the rest is not read.
const MAX_TEXT: u64 = 4096;

/// 32 secret bytes. They are wiped when dropped, and `Debug` does not show them.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey([32 bytes])")
    }
}

/// Bytes from the operating system's generator.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|cause| {
        Error::new(ErrorKind::Io, Stage::Keys, "the system provides no random bytes")
            .caused_by(std::io::Error::other(cause.to_string()))
    })?;
    Ok(bytes)
}

impl SecretKey {
    /// A new key from the operating system's generator.
    ///
    /// # Errors
    ///
    /// The system provides no random bytes.
    pub fn generate() -> Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(Zeroizing::new(random::<32>()?).as_slice());
        Ok(SecretKey(key))
    }

    /// A key from bytes that are secret and random.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        SecretKey(Zeroizing::new(bytes))
    }

    /// The key itself.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key for one purpose: one block of HKDF-Expand with SHA-256 (RFC 5869, section 2.3) with
    /// the purpose as its info.
    pub fn derive(&self, purpose: &str) -> SecretKey {
        let mut mac = self.hmac();
        mac.update(purpose.as_bytes());
        mac.update(&[1]);
        SecretKey(Zeroizing::new(mac.finalize().into_bytes().into()))
    }

    /// HMAC-SHA-256 over parts, each after its length as u64, little-endian.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.hmac();
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    fn hmac(&self) -> Hmac<Sha256> {
        // A key shorter than a block is padded with zeros (RFC 2104, section 2).
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(self.as_bytes());
        Hmac::new((&*block).into())
    }

    /// Writes the key as text to a new file that only its owner may read.
    ///
    /// # Errors
    ///
    /// The file already exists, or cannot be written.
    pub fn write_new(&self, path: &Path) -> Result<()> {
        let fault = |cause: std::io::Error| match cause.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Error::new(ErrorKind::InvalidArgument, Stage::Keys, "the file already exists")
                    .in_path(path)
                    .next("choose another name: an overwritten key cannot be recovered")
            }
            _ => Error::io(Stage::Keys, path, cause),
        };
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(fault)?;
        let text = Zeroizing::new(format!("{PREFIX}{}\n", *Zeroizing::new(self.digits())));
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fault)
    }

    fn digits(&self) -> String {
        hex::encode(self.as_bytes())
    }

    fn parse(text: &str) -> Option<SecretKey> {
        let digits = text.trim().strip_prefix(PREFIX)?;
        hex::decode(digits.as_bytes()).map(SecretKey::from_bytes)
    }
}

/// Where the master key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file that only its owner may read.
    File(PathBuf),
    /// An environment variable, by name.
    Environment(String),
    /// The output of a command, such as `pass show evenmatch` or a key service's client. It runs in
    /// the shell.
    Command(String),
}

impl KeySource {
    /// Reads the key.
    ///
    /// # Errors
    ///
    /// There is no key, it does not have the form that [`SecretKey::write_new`] writes, or others
    /// can read the file.
    pub fn read(&self) -> Result<SecretKey> {
        let text = Zeroizing::new(match self {
            KeySource::File(path) => read_private(path)?,
            KeySource::Environment(name) => std::env::var(name).map_err(|cause| {
                let message = format!("the environment variable {name} contains no master key");
                Error::new(ErrorKind::InvalidArgument, Stage::Keys, message)
                    .next("name the key: --key-file FILE; create one: evenmatch keys new FILE")
                    .caused_by(cause)
            })?,
            KeySource::Command(command) => output(command)?,
        });
        SecretKey::parse(&text).ok_or_else(|| {
            let message =
                format!("this is not a key, which is `{PREFIX}` and 64 hexadecimal digits");
            let error = Error::new(ErrorKind::InvalidArgument, Stage::Keys, message)
                .next("create one: evenmatch keys new FILE");
            match self {
                KeySource::File(path) => error.in_path(path),
                KeySource::Environment(name) => error.in_file(name.clone()),
                KeySource::Command(_) => error.in_file("the key command's output"),
            }
        })
    }
}

fn read_private(path: &Path) -> Result<String> {
    use std::io::Read;
    let fault =
        |cause| Error::io(Stage::Keys, path, cause).next("create a key: evenmatch keys new FILE");
    let file = std::fs::File::open(path).map_err(fault)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(fault)?.permissions().mode();
        if mode & 0o077 != 0 {
            let message = format!("others can read this key (mode {:03o})", mode & 0o777);
            return Err(Error::new(ErrorKind::InvalidArgument, Stage::Keys, message)
                .in_path(path)
                .next(format!("chmod 600 {}", path.display())));
        }
    }
    let mut text = String::new();
    file.take(MAX_TEXT).read_to_string(&mut text).map_err(fault)?;
    Ok(text)
}

fn output(command: &str) -> Result<String> {
    use std::process::{Command, Stdio};
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let refuse = |message: String| {
        Error::new(ErrorKind::Tool, Stage::Keys, message)
            .next("run the command by itself to test it")
    };
    let output = Command::new(shell)
        .args([flag, command])
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|cause| refuse("the key command could not be run".to_owned()).caused_by(cause))?;
    if !output.status.success() {
        return Err(refuse(format!("the key command failed ({})", output.status)));
    }
    let bytes = Zeroizing::new(output.stdout);
    let text = std::str::from_utf8(&bytes)
        .map_err(|c| refuse("the key command's output is not text".to_owned()).caused_by(c));
    text.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivation_is_hkdf_expand() {
        // RFC 5869, test case 1: the first block of the output for this PRK and info.
        let prk = "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5";
        let key = SecretKey::from_bytes(hex::decode(prk.as_bytes()).unwrap());
        let mut mac = key.hmac();
        let info: [u8; 10] = hex::decode(b"f0f1f2f3f4f5f6f7f8f9").unwrap();
        mac.update(&info);
        mac.update(&[1]);
        let block: [u8; 32] = mac.finalize().into_bytes().into();
        let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf";
        assert_eq!(hex::encode(&block), expected);
        // `derive` is the same with the purpose as info.
        let mut mac = key.hmac();
        mac.update(b"purpose\x01");
        let block: [u8; 32] = mac.finalize().into_bytes().into();
        assert_eq!(key.derive("purpose").as_bytes(), &block);
        assert_ne!(key.derive("purpose").as_bytes(), key.derive("other").as_bytes());
    }

    #[test]
    fn a_mac_tells_where_parts_end() {
        let key = SecretKey::from_bytes([7; 32]);
        assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
        assert_ne!(key.mac(&[b"ab"]), key.mac(&[b"ab", b""]));
    }

    #[test]
    fn a_key_comes_back_from_file_and_command() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let key = SecretKey::generate().unwrap();
        key.write_new(&path).unwrap();
        let read = KeySource::File(path.clone()).read().unwrap();
        assert_eq!(read.as_bytes(), key.as_bytes());
        assert!(key.write_new(&path).unwrap_err().to_string().contains("already"));
        #[cfg(unix)]
        {
            let command = KeySource::Command(format!("cat '{}'", path.display()));
            assert_eq!(command.read().unwrap().as_bytes(), key.as_bytes());
            let failing = KeySource::Command("exit 3".to_owned()).read().unwrap_err();
            assert_eq!(failing.kind(), ErrorKind::Tool);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        SecretKey::generate().unwrap().write_new(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = KeySource::File(path.clone()).read().unwrap_err();
        assert!(error.to_string().contains("640"), "{error}");
        assert!(error.next_step().unwrap().starts_with("chmod 600"));
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        std::fs::write(&path, "hunter2").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let error = KeySource::File(path).read().unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
        let debug = format!("{:?}", SecretKey::from_bytes([0xab; 32]));
        assert!(!debug.contains("ab") && !debug.contains("171"), "{debug}");
    }
}
