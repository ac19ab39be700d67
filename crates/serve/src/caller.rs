//! Who calls: a backend with an API key, an applicant with a link, or a reviewer at the desk.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::{Method, header, request::Parts};

use crate::access::{Holder, Link, LinkState, Scope, Scopes};
use crate::refusal::Refusal;
use crate::service::Service;
use evenmatch_ledger::Reviewer;

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
        let holder = service.access.holder_of(secret)?.ok_or_else(Refusal::no_key)?;
        Ok(Caller(holder.scopes))
    }
}

/// An applicant whose link exists, was not revoked and has not expired.
pub(crate) struct Applicant(pub(crate) Link);

impl Applicant {
    /// The link, if it can still lead to a decision.
    pub(crate) fn open(self) -> Result<Link, Refusal> {
        match self.0.state {
            _ if self.0.is_over() => Err(Refusal::link("link_expired")),
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
        // What a link has led to can be read for longer than anything can be decided with it.
        if link.is_over() && !link.can_be_read() {
            return Err(Refusal::link("link_expired"));
        }
        Ok(Applicant(link))
    }
}

/// The name of the cookie of a reviewer who has signed in.
pub(crate) const COOKIE: &str = "evenmatch_review";
/// The header that the desk sends with each request: no other site's page can send it.
const DESK: (&str, &str) = ("x-evenmatch", "desk");

/// A person who reviews: with their key, or signed in on the desk.
pub(crate) struct AtDesk(pub(crate) Reviewer);

impl FromRequestParts<Arc<Service>> for AtDesk {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Refusal> {
        let holder = match credentials(parts, "bearer") {
            Some(secret) => service.access.holder_of(secret)?,
            None => {
                let token = cookie(parts, COOKIE).ok_or_else(Refusal::no_key)?;
                let desk = parts.headers.get(DESK.0).is_some_and(|value| value == DESK.1);
                if !desk && parts.method != Method::GET {
                    return Err(Refusal::not_from_desk());
                }
                service.access.signed_in(token)?
            }
        };
        let Holder { id, name, scopes } = holder.ok_or_else(Refusal::no_key)?;
        if !scopes.allow(Scope::Review) {
            return Err(Refusal::scope(Scope::Review));
        }
        Ok(AtDesk(Reviewer { id, name }))
    }
}

/// The value of a cookie.
fn cookie<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    let all = parts.headers.get_all(header::COOKIE).into_iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}
