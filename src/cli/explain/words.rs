//! How somebody stands, in a sentence: what was decided, what was told, what was decided before.

use chrono::{DateTime, Utc};

use super::super::rehearsal::name;
use super::super::time;
use crate::config::Config;
use crate::ledger::{Kept, Telling};
use crate::model::{Channel, Decision, Facts, Reason, RecipientId, Relation, RuleName, Status, Verdict};
use crate::schedule::next;

/// What sentences need to know: names, channels and the clock of the desk.
pub(in crate::cli) struct Words<'a> {
    pub(in crate::cli) config: &'a Config,
    pub(in crate::cli) facts: &'a Facts,
    pub(in crate::cli) now: DateTime<Utc>,
}

impl Words<'_> {
    /// A decision as it is made now.
    pub(in crate::cli) fn decided(&self, decision: &Decision) -> String {
        let recipient = decision.recipient.as_ref().map(ToString::to_string).unwrap_or_default();
        let channel = decision.channel.map_or("", Channel::word);
        let who = self.who(&recipient, &decision.rule, channel, &decision.matter);
        match &decision.verdict {
            Verdict::Told(why) => {
                let slot = self.next_slot(&decision.rule).map(|slot| time::near(slot, self.config.desk.time_zone.0));
                let slot = slot.map(|slot| format!(" {slot},")).unwrap_or_default();
                format!("{who}: would be told at the next slot,{slot} because {}", why.sentence())
            }
            Verdict::Later(at, reason) => format!("{who}: not yet, from {}: {}", self.time(*at), reason.sentence()),
            Verdict::Skipped(reason) => format!("{who}: not told: {}", reason.sentence()),
        }
    }

    /// A delivery and what became of it.
    pub(super) fn told(&self, telling: &Telling) -> String {
        let who = self.who(&telling.recipient, &telling.rule, &telling.channel, &telling.matter);
        let when = self.time(telling.at());
        let what = match telling.state.as_str() {
            "sent" => format!("told {when} by {} to {}", telling.channel, telling.shown),
            "dead" => format!("could not be told, given up {when}: {}", telling.words),
            "unknown" => format!("may have been told {when}: {}", telling.words),
            "suppressed" => {
                let reason = Reason::parse(&telling.words).map_or("nothing waited any more", |it| it.sentence());
                format!("was not told {when}: {reason}")
            }
            _ if telling.attempt == 0 => "is about to be told".into(),
            _ => format!("waits for another try at {}: {}", self.time(telling.next_attempt_at), telling.words),
        };
        format!("{who}: {what} (delivery {})", telling.delivery)
    }

    /// A reason that was kept and does not stand any more.
    pub(super) fn before(&self, kept: &Kept) -> String {
        let who = self.who(&kept.recipient, &kept.rule, &kept.channel, &kept.matter);
        let reason = Reason::parse(&kept.reason).map_or("was told", |reason| reason.sentence());
        format!("{who}: decided {}: {reason}", self.time(kept.since))
    }

    /// A reason that was kept, as a piece of history.
    pub(super) fn silence(&self, kept: &Kept) -> String {
        let who = self.who(&kept.recipient, &kept.rule, &kept.channel, &kept.matter);
        let reason = Reason::parse(&kept.reason).map_or(kept.reason.as_str(), |reason| reason.sentence());
        let since = self.time(kept.since);
        match kept.until {
            Some(until) => format!("{who}: not yet, decided {since}, from {}: {reason}", self.time(until)),
            None => format!("{who}: not told, decided {since}: {reason}"),
        }
    }

    /// Who it is about; with the channel where the rule has several, and the deadline where there may be several.
    fn who(&self, recipient: &str, rule: &RuleName, channel: &str, matter: &str) -> String {
        let known = RecipientId::parse(recipient).map(|id| name(self.config, self.facts, &id));
        let who = known.unwrap_or_else(|| if recipient.is_empty() { "everybody".into() } else { recipient.to_owned() });
        let Some(rule) = self.config.rule(rule) else { return who };
        let channel = if rule.via.len() > 1 { channel } else { "" };
        let matter = if rule.watch.relation() == Relation::Deadlines { matter } else { "" };
        let more: Vec<String> =
            [channel, matter].iter().filter(|word| !word.is_empty()).map(|word| word.replace('_', " ")).collect();
        if more.is_empty() { who } else { format!("{who} ({})", more.join(", ")) }
    }

    /// When a rule runs next.
    pub(super) fn next_slot(&self, rule: &RuleName) -> Option<DateTime<Utc>> {
        let schedule = &self.config.scheduled(rule)?.schedule;
        next(schedule, self.config.desk.time_zone.0, self.now).map(|slot| slot.at)
    }

    pub(super) fn time(&self, at: DateTime<Utc>) -> String {
        time::shown(at, self.config.desk.time_zone.0)
    }
}

/// The state of a conversation, as it stands behind its number.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Pending => "in a bot's hands",
        Status::Snoozed => "snoozed",
        Status::Resolved => "resolved",
    }
}
