//! The ledger's signing key: made with the ledger, and sealed with the master key.

use std::path::Path;

use super::{files, read};
use crate::vault::{Context, SecretKey, Signer, random, unwrap, wrap};
use crate::{Digest, Error, ErrorKind, Result, Stage};
use evenmatch_core::hex;

/// The label and context that the signing key is sealed for.
fn key_place(name: &str) -> ([u8; 32], Context) {
    let label = *Digest::of(name.as_bytes()).as_bytes();
    (label, Context::new("evenmatch ledger signing key/1").with(name.as_bytes()))
}

/// Generates a name and a signing key for a new ledger.
pub(super) fn begin(folder: &Path, master: &SecretKey) -> Result<(String, Signer)> {
    let name = hex::encode(&random::<16>()?);
    let secret = SecretKey::generate()?;
    let signer = Signer::new(&secret);
    let (label, context) = key_place(&name);
    let sealed = wrap(master, &label, &context, &secret)?;
    let text = format!("{name} {}\n", hex::encode(&sealed));
    files::write_whole(&folder.join(files::SIGNING_KEY), text.as_bytes())?;
    let public = format!("{}\n", signer.public());
    files::write_whole(&folder.join(files::PUBLIC_KEY), public.as_bytes())?;
    Ok((name, signer))
}

/// The ledger's name and its signing key.
fn open(folder: &Path, master: &SecretKey) -> Result<(String, SecretKey)> {
    open_file(&folder.join(files::SIGNING_KEY), master)
}

fn open_file(path: &Path, master: &SecretKey) -> Result<(String, SecretKey)> {
    let text = std::fs::read_to_string(path).map_err(|c| Error::io(Stage::Ledger, path, c))?;
    let damaged = || {
        Error::new(ErrorKind::Tampered, Stage::Ledger, "the ledger's signing key was changed")
            .in_path(path)
            .next("restore the file from an intact copy")
    };
    let (name, sealed) = text.trim_end().split_once(' ').ok_or_else(damaged)?;
    let sealed = hex::decode_all(sealed.as_bytes()).ok_or_else(damaged)?;
    let (label, context) = key_place(name);
    let what = "the ledger's signing key";
    let secret =
        unwrap(master, &label, &context, &sealed, what).map_err(|error| error.in_path(path))?;
    Ok((name.to_owned(), secret))
}

/// Opens the signing key of an existing ledger, and checks that it belongs to this ledger.
pub(super) fn resume(folder: &Path, master: &SecretKey) -> Result<(String, Signer)> {
    let (name, secret) = match open(folder, master) {
        Err(error) if error.kind() == ErrorKind::WrongKey => {
            // If a change of the master key stopped before its last step, finish it here.
            let next = folder.join(files::NEXT_SIGNING_KEY);
            let opened = open_file(&next, master).map_err(|_| error)?;
            adopt(folder)?;
            opened
        }
        opened => opened?,
    };
    let signer = Signer::new(&secret);
    let genesis = read::genesis(&files::segment(folder, 1))?;
    if genesis.ledger != name || genesis.public_key != signer.public() {
        let message = "the first entry belongs to another ledger";
        return Err(Error::new(ErrorKind::Misplaced, Stage::Ledger, message)
            .in_path(&files::segment(folder, 1))
            .next("run: evenmatch ledger verify"));
    }
    Ok((name, signer))
}

/// Seals the signing key with another master key too, beside the seal that still counts.
pub(super) fn prepare(folder: &Path, name: &str, old: &SecretKey, new: &SecretKey) -> Result<()> {
    let secret = open(folder, old)?.1;
    let (label, context) = key_place(name);
    let sealed = wrap(new, &label, &context, &secret)?;
    let text = format!("{name} {}\n", hex::encode(&sealed));
    files::write_whole(&folder.join(files::NEXT_SIGNING_KEY), text.as_bytes())
}

/// Replaces the seal with the one that was prepared.
pub(super) fn adopt(folder: &Path) -> Result<()> {
    let next = folder.join(files::NEXT_SIGNING_KEY);
    std::fs::rename(&next, folder.join(files::SIGNING_KEY))
        .and_then(|()| evenmatch_core::files::sync_folder(folder))
        .map_err(|cause| Error::io(Stage::Ledger, &next, cause))
}
