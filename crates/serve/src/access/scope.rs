//! What an API key allows.

use evenmatch_core::{Error, ErrorKind, Result, Stage};

/// One thing that an API key allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Enrol people.
    Enrol,
    /// Verify photos against enrolled people.
    Verify,
    /// Read decisions, disclosures and events.
    Read,
    /// Appeal for a person.
    Appeal,
    /// Delete people.
    Delete,
    /// Make links for applicants.
    Link,
    /// Review decisions: look at the photos that were kept, and judge.
    Review,
    /// Export the ledger.
    Audit,
}

impl Scope {
    /// All of them, with their words.
    pub const ALL: [(Scope, &'static str); 8] = [
        (Scope::Enrol, "enrol"),
        (Scope::Verify, "verify"),
        (Scope::Read, "read"),
        (Scope::Appeal, "appeal"),
        (Scope::Delete, "delete"),
        (Scope::Link, "link"),
        (Scope::Review, "review"),
        (Scope::Audit, "audit"),
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(scope, _)| *scope == self).map_or("", |(_, name)| name)
    }
}

/// Several scopes, in order and each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Reads words with commas between them, such as `enrol,verify`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] for an unknown word or none.
    pub fn parse(text: &str) -> Result<Self> {
        let one = |word: &str| {
            let found = Scope::ALL.iter().find(|(_, name)| *name == word);
            found.map(|(scope, _)| *scope).ok_or_else(|| {
                let known: Vec<&str> = Scope::ALL.iter().map(|(_, name)| *name).collect();
                let message = format!("`{word}` is not a scope");
                Error::new(ErrorKind::InvalidArgument, Stage::Setup, message)
                    .next(format!("choose from: {}", known.join(", ")))
            })
        };
        let mut scopes =
            text.split(',').map(|word| one(word.trim())).collect::<Result<Vec<_>>>()?;
        scopes.sort_unstable();
        scopes.dedup();
        Ok(Scopes(scopes))
    }

    /// Whether this is one of them.
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|scope| scope.name()).collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_in_any_order_and_unknown_ones_named() {
        let scopes = Scopes::parse("verify, enrol,verify").unwrap();
        assert_eq!(scopes.to_string(), "enrol,verify");
        assert!(scopes.allow(Scope::Enrol) && !scopes.allow(Scope::Delete));
        let error = Scopes::parse("enrol,all").unwrap_err();
        assert!(error.to_string().contains("`all`"), "{error}");
        assert!(Scopes::parse("").is_err());
    }
}
