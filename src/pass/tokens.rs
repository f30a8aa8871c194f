//! Tokens that outlive a pass: Apple minds whoever signs anew in each.

use std::collections::BTreeMap;

use anyhow::Result;
use secrecy::ExposeSecret;

use super::Post;
use crate::deliver::carrier::Token;
use crate::ledger::Ledger;
use crate::model::Gateway;

/// The tokens of earlier passes.
pub fn tokens(ledger: &Ledger) -> Result<BTreeMap<Gateway, Token>> {
    let kept = ledger.tokens()?.into_iter();
    Ok(kept.map(|(gateway, (key, value, made_at))| (gateway, Token { key, value: value.into(), made_at })).collect())
}

/// Keeps what was made in this pass, however it ended: what is lost is made again.
pub(super) fn keep(ledger: &mut Ledger, post: &Post) {
    for (gateway, carrier) in &post.carriers {
        let Some(Token { key, value, made_at }) = carrier.as_ref().ok().and_then(|carrier| carrier.token()) else {
            continue;
        };
        if let Err(error) = ledger.keep_token(*gateway, &(key, value.expose_secret().to_owned(), made_at)) {
            tracing::warn!("{error:#}");
        }
    }
}
