//! Reviewers who have signed in with their key. What their browser gets is no key: it names the key and
//! an end, under a MAC, so that nothing has to be stored and a revoked key ends it at once.

use super::{Access, Holder};
use evenmatch_core::{Result, hex};
use evenmatch_ledger::now;

/// How long a reviewer stays signed in, in seconds: a working day.
pub(crate) const SIGNED_IN: i64 = 8 * 3600;

impl Access {
    /// What a reviewer's browser sends from now on.
    pub(crate) fn sign_in(&self, key: &str) -> String {
        let until = (now() + 1000 * SIGNED_IN).to_string();
        let mac = hex::encode(&self.mac_of_sign_in(key, &until));
        format!("{key}.{until}.{mac}")
    }

    /// Who sends this; `None` if it was changed, its time is over, or the key was revoked.
    pub(crate) fn signed_in(&self, token: &str) -> Result<Option<Holder>> {
        let mut parts = token.splitn(3, '.');
        let (Some(key), Some(until), Some(mac)) = (parts.next(), parts.next(), parts.next()) else {
            return Ok(None);
        };
        let Some(mac) = hex::decode(mac.as_bytes()) else { return Ok(None) };
        // MACs of the MACs are compared, whose times tell nothing about the MACs.
        let again = |mac: [u8; 32]| self.macs.mac(&[b"compare", &mac]);
        let genuine = again(mac) == again(self.mac_of_sign_in(key, until));
        let lasts = until.parse().is_ok_and(|until: i64| now() < until);
        if genuine && lasts { self.holder_by_id(key) } else { Ok(None) }
    }

    fn mac_of_sign_in(&self, key: &str, until: &str) -> [u8; 32] {
        self.macs.mac(&[b"signed in", key.as_bytes(), until.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use crate::access::{Access, Scopes};
    use evenmatch_ledger::vault::SecretKey;

    #[test]
    fn a_changed_end_another_key_and_a_revoked_one_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.sqlite");
        let access = Access::open(&path, &SecretKey::from_bytes([7; 32])).unwrap();
        let new = || access.new_api_key("Ana", &Scopes::parse("review").unwrap()).unwrap().key.id;
        let (ana, other) = (new(), new());
        let token = access.sign_in(&ana);
        assert_eq!(access.signed_in(&token).unwrap().unwrap().id, ana);
        let (_, rest) = token.split_once('.').unwrap();
        let (until, mac) = rest.split_once('.').unwrap();
        let later = until.parse::<i64>().unwrap() + 1;
        for wrong in [
            format!("{other}.{until}.{mac}"),
            format!("{ana}.{later}.{mac}"),
            format!("{ana}.{until}.{}", "0".repeat(64)),
            format!("{ana}.{until}."),
            ana.clone(),
            String::new(),
        ] {
            assert_eq!(access.signed_in(&wrong).unwrap(), None, "{wrong}");
        }
        access.revoke_api_key(&ana).unwrap();
        assert_eq!(access.signed_in(&token).unwrap(), None);
    }
}
