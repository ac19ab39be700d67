//! Keys with which backends prove who they are.

use rusqlite::OptionalExtension;
use serde::Serialize;

use super::{Access, Scopes, secret};
use evenmatch_core::{Error, ErrorKind, Result, Stage};
use evenmatch_ledger::{in_utc, now};

/// A new key. It is shown once and stored nowhere.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// What is not secret about it.
    pub key: ApiKey,
    /// The key itself: `evk_` and 64 hexadecimal digits.
    pub secret: String,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    /// By which it is revoked.
    pub id: String,
    /// Whose it is, in the operator's words.
    pub name: String,
    /// What it allows, with commas.
    pub scopes: String,
    /// When it was made, in UTC.
    pub created_at: String,
    /// When it was revoked, in UTC.
    pub revoked_at: Option<String>,
}

/// Who holds a key that is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The key's id.
    pub id: String,
    /// Whose it is, in the operator's words.
    pub name: String,
    /// What it allows.
    pub scopes: Scopes,
}

impl Access {
    /// Makes a key.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn new_api_key(&self, name: &str, scopes: &Scopes) -> Result<NewApiKey> {
        let (secret, id) = secret("evk_")?;
        let at = now();
        let values = (&id, self.mac_of(&secret), name, scopes.to_string(), at);
        let insert =
            "insert into api_keys (id, mac, name, scopes, created_at) values (?, ?, ?, ?, ?)";
        self.execute(insert, values)?;
        let (name, scopes, created_at) = (name.to_owned(), scopes.to_string(), in_utc(at));
        Ok(NewApiKey { key: ApiKey { id, name, scopes, created_at, revoked_at: None }, secret })
    }

    /// Whose key this is, and what it allows; `None` if there is no such key or it was revoked.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn holder_of(&self, secret: &str) -> Result<Option<Holder>> {
        self.holder("mac", &self.mac_of(secret))
    }

    /// The same for the id of a key.
    pub(super) fn holder_by_id(&self, id: &str) -> Result<Option<Holder>> {
        self.holder("id", &id)
    }

    fn holder(&self, column: &str, value: &dyn rusqlite::ToSql) -> Result<Option<Holder>> {
        let select = format!(
            "select id, name, scopes from api_keys where {column} = ? and revoked_at is null"
        );
        let found: Option<(String, String, String)> = self
            .database()
            .query_row(&select, [value], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()
            .map_err(|cause| self.failed(cause))?;
        let read = |(id, name, scopes): (String, String, String)| {
            Ok(Holder { id, name, scopes: Scopes::parse(&scopes)? })
        };
        found.map(read).transpose()
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn api_keys(&self) -> Result<Vec<ApiKey>> {
        let select = "select id, name, scopes, created_at, revoked_at from api_keys \
                      order by created_at, id";
        let database = self.database();
        let read = || {
            let mut rows = database.prepare(select)?;
            let keys = rows.query_map([], |row| {
                Ok(ApiKey {
                    id: row.get(0)?,
                    name: row.get(1)?,
                    scopes: row.get(2)?,
                    created_at: in_utc(row.get(3)?),
                    revoked_at: row.get::<_, Option<i64>>(4)?.map(in_utc),
                })
            })?;
            keys.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|cause| self.failed(cause))
    }

    /// Revokes a key: from now on it allows nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] if there is no key of this id.
    pub fn revoke_api_key(&self, id: &str) -> Result<()> {
        let update = "update api_keys set revoked_at = coalesce(revoked_at, ?) where id = ?";
        match self.execute(update, (now(), id))? {
            0 => Err(Error::new(
                ErrorKind::InvalidArgument,
                Stage::Setup,
                format!("there is no API key `{id}`"),
            )
            .next("list them: evenmatch keys api list")),
            _ => Ok(()),
        }
    }
}
