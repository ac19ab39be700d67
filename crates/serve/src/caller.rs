//! Who calls: a backend with an API key, or an applicant with a link.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};

use crate::access::{Link, LinkState, Scope, Scopes};
use crate::refusal::Refusal;
use crate::service::Service;

/// A backend whose key is valid. What it allows is checked by each route.
pub(crate) struct Caller(Scopes);

impl Caller {
    /// Refuses a key without this scope.
    pub(crate) fn needs(&self, scope: Scope) -> Result<(), Refusal> {
        if self.0.allow(scope) { Ok(()) } else { Err(Refusal::scope(scope)) }
    }
}

/// What follows the scheme in the `authorization` header.
fn credentials<'a>(parts: &'a Parts, scheme: &str) -> Option<&'a str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (named, secret) = value.split_once(' ')?;
    named.eq_ignore_ascii_case(scheme).then(|| secret.trim())
}

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Refusal> {
        let secret = credentials(parts, "bearer").ok_or_else(Refusal::no_key)?;
        service.access.scopes_of(secret)?.map(Caller).ok_or_else(Refusal::no_key)
    }
}

/// An applicant whose link exists, was not revoked and has not expired.
pub(crate) struct Applicant(pub(crate) Link);

impl Applicant {
    /// The link, if it can still lead to a decision.
    pub(crate) fn open(self) -> Result<Link, Refusal> {
        match self.0.state {
            LinkState::Open => Ok(self.0),
            LinkState::Deciding | LinkState::Used => Err(Refusal::link("link_used")),
            LinkState::Revoked => Err(Refusal::link("link_revoked")),
        }
    }
}

impl FromRequestParts<Arc<Service>> for Applicant {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Refusal> {
        let secret = credentials(parts, "link").ok_or_else(|| Refusal::link("unknown_link"))?;
        let link = service.access.link(secret)?.ok_or_else(|| Refusal::link("unknown_link"))?;
        if link.state == LinkState::Revoked {
            return Err(Refusal::link("link_revoked"));
        }
        if link.is_over() {
            return Err(Refusal::link("link_expired"));
        }
        Ok(Applicant(link))
    }
}
