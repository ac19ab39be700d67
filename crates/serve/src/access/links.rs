//! Links for applicants: whoever has one may do one thing for one person, for a short time.

use std::time::Duration;

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::{Access, secret};
use evenmatch_core::{Error, ErrorKind, Result, Stage};
use evenmatch_ledger::{
    now,
    vault::{Context, open, seal},
};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The person becomes enrolled.
    Enrol,
    /// The person is compared with the enrolled one.
    Verify,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Purpose::Enrol => "enrol",
            Purpose::Verify => "verify",
        }
    }
}

/// The state of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Nothing was decided yet, or another try is allowed.
    Open,
    /// It is being used now.
    Deciding,
    /// It was used: the result can still be read.
    Used,
    /// It was revoked.
    Revoked,
}

impl LinkState {
    const ALL: [(LinkState, &'static str); 4] = [
        (LinkState::Open, "open"),
        (LinkState::Deciding, "deciding"),
        (LinkState::Used, "used"),
        (LinkState::Revoked, "revoked"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }
}

/// A new link. Its secret is shown once and stored nowhere.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// By which it is revoked.
    pub id: String,
    /// The secret part: `evl_` and 64 hexadecimal digits. In the address it is the fragment, which
    /// browsers send to nobody.
    pub secret: String,
    /// When it ends, in milliseconds since 1970 (UTC).
    pub expires_at: i64,
}

/// A link that somebody has presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// By which it is revoked.
    pub id: String,
    /// Whom it is about.
    pub subject: String,
    /// What it is for.
    pub purpose: Purpose,
    /// When it ends, in milliseconds since 1970 (UTC).
    pub expires_at: i64,
    /// Its state.
    pub state: LinkState,
    /// The number of the decision that it led to.
    pub decision: Option<u64>,
}

impl Link {
    /// Whether its time is over.
    pub fn is_over(&self) -> bool {
        now() >= self.expires_at
    }

    /// Whether what it led to can still be read, appealed against and deleted with it.
    pub fn can_be_read(&self) -> bool {
        self.decision.is_some() && now() < self.expires_at.saturating_add(READ_FOR)
    }
}

/// Milliseconds after a link's end for which its result can be read: a review by people takes days.
const READ_FOR: i64 = 30 * 86_400_000;

/// Subjects are sealed for their link, so that rows cannot change places.
fn place(id: &str) -> ([u8; 32], Context) {
    (
        *evenmatch_core::Digest::of(id.as_bytes()).as_bytes(),
        Context::new("link").with(id.as_bytes()),
    )
}

impl Access {
    /// Makes a link.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn new_link(&self, subject: &str, purpose: Purpose, lasts: Duration) -> Result<NewLink> {
        let (secret, id) = secret("evl_")?;
        let at = now();
        let lasts = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
        let expires_at = at.saturating_add(lasts);
        let (label, context) = place(&id);
        let sealed = seal(&self.seals, &label, &context, subject.as_bytes())?;
        let values = (
            &id,
            self.mac_of(&secret),
            sealed,
            self.mac_of_subject(subject),
            purpose.name(),
            at,
            expires_at,
            LinkState::Open.name(),
        );
        let insert = "insert into links (id, mac, subject, subject_mac, purpose, created_at, \
                      expires_at, state) values (?, ?, ?, ?, ?, ?, ?, ?)";
        self.execute(insert, values)?;
        Ok(NewLink { id, secret, expires_at })
    }

    /// The link with this secret; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a row was changed.
    pub fn link(&self, secret: &str) -> Result<Option<Link>> {
        let select = "select id, subject, purpose, expires_at, state, decision from links \
                      where mac = ?";
        let found = self
            .database()
            .query_row(select, [self.mac_of(secret)], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, Vec<u8>>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, i64>(3)?,
                    row.get::<_, String>(4)?,
                    row.get::<_, Option<i64>>(5)?,
                ))
            })
            .optional()
            .map_err(|cause| self.failed(cause))?;
        let Some((id, sealed, purpose, expires_at, state, decision)) = found else {
            return Ok(None);
        };
        let changed = || {
            Error::new(ErrorKind::Tampered, Stage::Setup, format!("the link {id} was changed"))
                .in_file(&self.place)
                .next("revoke it, and find out who changed it")
        };
        let (label, context) = place(&id);
        let subject = open(&self.seals, &label, &context, &sealed, "a link's subject")?;
        let purpose = match purpose.as_str() {
            "enrol" => Purpose::Enrol,
            "verify" => Purpose::Verify,
            _ => return Err(changed()),
        };
        let state = LinkState::ALL.iter().find(|(_, name)| *name == state);
        Ok(Some(Link {
            subject: String::from_utf8(subject.to_vec()).map_err(|_| changed())?,
            purpose,
            expires_at,
            state: state.map(|(state, _)| *state).ok_or_else(changed)?,
            decision: decision.and_then(|number| u64::try_from(number).ok()),
            id,
        }))
    }

    /// Takes the one use of an open link that has not expired, before anything is decided: of two
    /// requests at the same time, one gets it. Returns whether this one did.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn use_link(&self, id: &str) -> Result<bool> {
        let update = "update links set state = 'deciding' where id = ? and state = 'open' and \
                      expires_at > ?";
        Ok(self.execute(update, (id, now()))? == 1)
    }

    /// Gives the use back, because nothing was decided.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn reopen_link(&self, id: &str) -> Result<()> {
        let update = "update links set state = 'open' where id = ? and state = 'deciding'";
        self.execute(update, [id]).map(|_| ())
    }

    /// Gives back the uses that a process had taken when it was killed. Only the process that serves
    /// calls it, before it listens.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn reopen_interrupted(&self) -> Result<()> {
        let update = "update links set state = 'open' where state = 'deciding'";
        self.execute(update, []).map(|_| ())
    }

    /// The person of a link was enrolled: it is used up.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn link_enrolled(&self, id: &str) -> Result<()> {
        let update = "update links set state = 'used' where id = ? and state = 'deciding'";
        self.execute(update, [id]).map(|_| ())
    }

    /// Writes down which decision a link led to. With `again`, it may lead to another one.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn link_decided(&self, id: &str, decision: u64, again: bool) -> Result<()> {
        let state = if again { LinkState::Open } else { LinkState::Used };
        let update = "update links set decision = ?, state = ? where id = ? and state = 'deciding'";
        let number = i64::try_from(decision).unwrap_or(i64::MAX);
        self.execute(update, (number, state.name(), id)).map(|_| ())
    }

    /// Revokes a link.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] if there is no link of this id.
    pub fn revoke_link(&self, id: &str) -> Result<()> {
        match self.execute("update links set state = 'revoked' where id = ?", [id])? {
            0 => Err(Error::new(
                ErrorKind::InvalidArgument,
                Stage::Setup,
                format!("there is no link `{id}`"),
            )
            .next("use the id that the link was made with")),
            _ => Ok(()),
        }
    }

    /// Deletes the links about a subject, who was deleted.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn forget_links(&self, subject: &str) -> Result<()> {
        let delete = "delete from links where subject_mac = ?";
        self.execute(delete, [self.mac_of_subject(subject)]).map(|_| ())
    }
}
