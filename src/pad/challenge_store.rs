//! Where challenges wait for their answers: a folder with one file for each, which can be claimed
//! once.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::challenge::{Challenge, is_nonce};
use super::report::Finding;
use crate::{Error, ErrorKind, Result, Stage};

/// Challenges are deleted this many seconds after they expire; until then their nonces are known.
const FORGET_AFTER: u64 = 24 * 3600;

/// A folder of open and answered challenges. Several processes may use it at once: a challenge is
/// claimed by renaming its file, which only one of them can do.
#[derive(Debug, Clone)]
pub struct ChallengeDesk {
    folder: PathBuf,
}

/// The result of claiming a nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The challenge was open, and is now claimed.
    Taken(Challenge),
    /// It can no longer be answered: it was answered before, or it is too late.
    Refused(Challenge, Finding),
}

impl ChallengeDesk {
    /// The desk in this folder, which is created if missing.
    ///
    /// # Errors
    ///
    /// The folder cannot be created.
    pub fn open(folder: &Path) -> Result<ChallengeDesk> {
        evenmatch_core::files::create_folder(folder, Stage::Liveness)?;
        Ok(ChallengeDesk { folder: folder.to_owned() })
    }

    /// The desk in the user's data folder, or where `EVENMATCH_CHALLENGES` points.
    ///
    /// # Errors
    ///
    /// There is no such folder, or it cannot be created.
    pub fn open_default() -> Result<ChallengeDesk> {
        let folder = std::env::var_os("EVENMATCH_CHALLENGES").map(PathBuf::from).or_else(|| {
            let project = directories::ProjectDirs::from("", "", "evenmatch")?;
            Some(project.data_local_dir().join("challenges"))
        });
        let folder = folder.ok_or_else(|| {
            let message = "this user has no data folder";
            Error::new(ErrorKind::Io, Stage::Liveness, message)
                .next("set EVENMATCH_CHALLENGES to a folder")
        })?;
        Self::open(&folder)
    }

    fn path(&self, nonce: &str, state: &str) -> PathBuf {
        self.folder.join(format!("{nonce}.{state}.json"))
    }

    /// Stores a challenge until it is answered, and deletes those that expired more than a day ago.
    ///
    /// # Errors
    ///
    /// The file cannot be written, or there is already one with this nonce.
    pub fn keep(&self, challenge: &Challenge) -> Result<()> {
        self.forget_old();
        let path = self.path(challenge.nonce(), "open");
        let io = |cause| Error::io(Stage::Liveness, &path, cause);
        let text = serde_json::to_vec(challenge).map_err(|cause| io(cause.into()))?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(io)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(io)
    }

    /// Claims the challenge with this nonce, once: later claims are refused.
    ///
    /// # Errors
    ///
    /// There is no such nonce, or the folder cannot be read.
    pub fn claim(&self, nonce: &str) -> Result<Claim> {
        let unknown = || {
            Error::new(ErrorKind::InvalidArgument, Stage::Liveness, "this nonce is unknown")
                .next("run: evenmatch challenge new --json")
        };
        if !is_nonce(nonce) {
            return Err(unknown());
        }
        let (open, taken) = (self.path(nonce, "open"), self.path(nonce, "taken"));
        let renamed = fs::rename(&open, &taken);
        let text = fs::read_to_string(&taken).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => unknown(),
            _ => Error::io(Stage::Liveness, &taken, cause),
        })?;
        let challenge = Challenge::from_json(&text).map_err(|error| error.in_path(&taken))?;
        if renamed.is_err() {
            return Ok(Claim::Refused(challenge, Finding::NonceReused));
        }
        if now() > challenge.expires_at() {
            return Ok(Claim::Refused(challenge, Finding::ChallengeExpired));
        }
        Ok(Claim::Taken(challenge))
    }

    /// Removes challenges that expired long ago. Those that cannot be removed stay until the next
    /// time.
    fn forget_old(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let ours = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
                name.split_once('.').is_some_and(|(nonce, rest)| {
                    is_nonce(nonce) && matches!(rest, "open.json" | "taken.json")
                })
            });
            let expired = || {
                let text = fs::read_to_string(&path).ok()?;
                Some(Challenge::from_json(&text).ok()?.expires_at())
            };
            if ours && expired().is_some_and(|at| now() > at.saturating_add(FORGET_AFTER)) {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_taken_once_and_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let desk = ChallengeDesk::open(folder.path()).unwrap();
        let challenge = Challenge::new(3).unwrap();
        desk.keep(&challenge).unwrap();
        assert!(desk.keep(&challenge).is_err(), "one file per nonce");
        assert_eq!(desk.claim(challenge.nonce()).unwrap(), Claim::Taken(challenge.clone()));
        let again = desk.claim(challenge.nonce()).unwrap();
        assert_eq!(again, Claim::Refused(challenge, Finding::NonceReused));

        let late = Challenge::from_seed([3; 32], 2, now() - 1000).unwrap();
        desk.keep(&late).unwrap();
        let refused = desk.claim(late.nonce()).unwrap();
        assert_eq!(refused, Claim::Refused(late, Finding::ChallengeExpired));

        for nonce in ["../../etc/passwd", "", &"0".repeat(32)] {
            assert_eq!(desk.claim(nonce).unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
    }

    #[test]
    fn of_many_who_ask_at_once_one_is_given_it() {
        let folder = tempfile::tempdir().unwrap();
        let desk = ChallengeDesk::open(folder.path()).unwrap();
        let challenge = Challenge::new(2).unwrap();
        desk.keep(&challenge).unwrap();
        let claims: Vec<Claim> = std::thread::scope(|scope| {
            let ask = || desk.claim(challenge.nonce()).unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let taken = claims.iter().filter(|claim| matches!(claim, Claim::Taken(_))).count();
        assert_eq!(taken, 1);
    }

    #[test]
    fn the_day_before_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let desk = ChallengeDesk::open(folder.path()).unwrap();
        let old = Challenge::from_seed([4; 32], 2, now() - 2 * FORGET_AFTER).unwrap();
        desk.keep(&old).unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        desk.keep(&Challenge::new(2).unwrap()).unwrap();
        assert!(desk.claim(old.nonce()).is_err());
        assert!(folder.path().join("notes.txt").exists());
    }
}
