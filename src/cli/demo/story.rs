//! What a pass over the sample desk did, told to somebody who has never seen doorbell.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Result;
use chrono::{DateTime, Utc};

use super::super::rehearsal::{conversation, recipient};
use super::super::say::counted;
use super::page::wrapped;
use super::sample::Sample;
use crate::config::Config;
use crate::desk::{Agents, Snapshot};
use crate::model::{Channel, ConversationId, Decision, Digest, Facts, Reason, Verdict};
use crate::pass::{Plan, Report};

/// More of a kind is counted.
const LISTED: usize = 8;

/// What it is told from.
pub(super) struct Story<'a> {
    pub(super) sample: &'a Sample,
    pub(super) config: &'a Config,
    pub(super) plan: &'a Plan,
    pub(super) report: &'a Report,
    pub(super) mails: &'a [PathBuf],
    pub(super) now: DateTime<Utc>,
}

impl Story<'_> {
    pub(super) fn told(&self, snapshot: &Snapshot<'_>) -> Result<String> {
        let ids: Vec<ConversationId> = self.plan.decisions.iter().map(|it| it.conversation.clone()).collect();
        let facts = snapshot.facts(&ids, Agents::All, &[])?;
        let mut text = String::new();
        self.opening(&mut text)?;
        self.who_was_told(&mut text, &facts)?;
        self.who_was_notified(&mut text)?;
        self.who_hears_later(&mut text, &facts)?;
        self.who_was_not(&mut text, &facts)?;
        self.what_does_not_wait(&mut text)?;
        Ok(text)
    }

    fn opening(&self, text: &mut String) -> Result<()> {
        let dir = self.sample.dir.display();
        let by_email = self.digests(Channel::Email).count();
        let mails = counted(by_email, "mail");
        let notifications = counted(self.report.sent.saturating_sub(by_email), "notification");
        let sent = format!("{mails} and {notifications}");
        let (desk, pass) = match (self.sample.fresh, self.report.sent) {
            (true, _) => {
                let pass = format!(
                    "A pass sent {mails}, one to each person who must hear, with all that waits for them, and \
                     {notifications} to phones, browsers and the feed."
                );
                ("A sample support desk", pass)
            }
            (false, 0) => {
                ("The sample desk of before", "Another pass told nobody anything: nothing is told twice.".into())
            }
            (false, _) => ("The sample desk of before", format!("Another pass sent {sent}, with what is new only.")),
        };
        wrapped(text, "", &format!("{desk} is in {dir}: {}.", self.size()?));
        wrapped(text, "", &pass);
        let rules = self.config.rules.iter().map(|scheduled| &scheduled.rule).filter(|rule| !rule.is_coverage());
        let rules =
            rules.map(|rule| format!("{} ({}, {} min)", rule.name, rule.watch.word(), rule.grace.num_minutes()));
        let rules = rules.collect::<Vec<_>>().join(", ");
        wrapped(text, "", &format!("Its rules stand in {}: {rules}.", self.sample.settings().display()));
        Ok(())
    }

    fn size(&self) -> Result<String> {
        let count = "SELECT count(*) FROM conversations";
        let all: u32 = self.sample.connection()?.query_row(count, [], |row| row.get(0))?;
        let waiting: BTreeSet<&ConversationId> = self.plan.decisions.iter().map(|it| &it.conversation).collect();
        Ok(format!("{all} conversations, {} of them unread or unanswered", waiting.len()))
    }

    fn who_was_told(&self, text: &mut String, facts: &Facts) -> Result<()> {
        if self.report.sent > 0 {
            writeln!(text, "\nWho was told, and why in the words of their mail")?;
        }
        for digest in self.digests(Channel::Email) {
            let conversations: BTreeSet<&ConversationId> = digest.items.iter().map(|it| &it.conversation).collect();
            let Some(name) = digest.items.first().map(|_| &digest.recipient.name) else { continue };
            writeln!(text, "\n  {name}, {}", counted(conversations.len(), "conversation"))?;
            for (why, numbers) in reasons(digest, facts) {
                wrapped(text, "    ", &format!("\"{why}\": {}", numbers.join(" ")));
            }
            if let Some(mail) = self.mail_to(digest) {
                writeln!(text, "    {}", mail.display())?;
            }
        }
        Ok(())
    }

    /// What was told by a channel.
    fn digests(&self, channel: Channel) -> impl Iterator<Item = &Digest> {
        self.plan.digests.iter().filter(move |digest| self.report.sent > 0 && digest.channel == channel)
    }

    /// The other channels, a line for each person with an example.
    fn who_was_notified(&self, text: &mut String) -> Result<()> {
        let mut lines: BTreeMap<(Channel, &str), (usize, Option<PathBuf>)> = BTreeMap::new();
        for channel in Channel::ALL.into_iter().filter(|channel| *channel != Channel::Email) {
            for digest in self.digests(channel) {
                lines.entry((channel, &digest.recipient.name)).or_default().0 += 1;
                let theirs = format!("{}-", digest.recipient.id.to_string().replace(':', "_"));
                let is_theirs =
                    |path: &PathBuf| path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(&theirs));
                let file = self.sample.notifications(channel)?.into_iter().find(is_theirs);
                lines.entry((channel, &digest.recipient.name)).or_default().1 = file;
            }
        }
        if !lines.is_empty() {
            writeln!(text, "\nWho was notified by other channels, with an example of each\n")?;
        }
        for ((channel, name), (count, file)) in lines {
            let place = match file {
                Some(file) => file.display().to_string(),
                None => format!("the table in_app_notifications in {}", self.config.ledger),
            };
            writeln!(text, "  {:<8} {count:>3}  {name}: {place}", channel.word())?;
        }
        Ok(())
    }

    /// Files in the outbox are named by the person's address.
    fn mail_to(&self, digest: &Digest) -> Option<&PathBuf> {
        let user = digest.recipient.address.split('@').next()?;
        let theirs = |name: &str| name.strip_prefix(user).is_some_and(|rest| rest.starts_with('-'));
        self.mails.iter().find(|mail| mail.file_name().and_then(|name| name.to_str()).is_some_and(theirs))
    }

    fn who_hears_later(&self, text: &mut String, facts: &Facts) -> Result<()> {
        let mut later: BTreeMap<(DateTime<Utc>, String, &str), BTreeSet<String>> = BTreeMap::new();
        for decision in &self.plan.decisions {
            if let Verdict::Later(at, _) = &decision.verdict {
                let key = (*at, conversation(facts, &decision.conversation), decision.rule.as_str());
                later.entry(key).or_default().insert(recipient(self.config, facts, decision));
            }
        }
        if !later.is_empty() {
            writeln!(text, "\nWho hears later: the rule's grace is not over yet\n")?;
        }
        for ((at, number, rule), people) in later.iter().take(LISTED) {
            let minutes = (*at - self.now).num_minutes() + 1;
            let clock = at.with_timezone(&self.config.desk.time_zone.0).format("%H:%M %Z");
            let people = people.iter().cloned().collect::<Vec<_>>().join(", ");
            wrapped(
                text,
                "  ",
                &format!(
                    "{number} in {} ({clock}), by rule {rule}: {people}",
                    counted(usize::try_from(minutes)?, "minute")
                ),
            );
        }
        and_more(text, later.len())
    }

    fn who_was_not(&self, text: &mut String, facts: &Facts) -> Result<()> {
        let mut groups: BTreeMap<&Reason, Vec<&Decision>> = BTreeMap::new();
        for decision in &self.plan.decisions {
            if let Verdict::Skipped(reason) = &decision.verdict {
                groups.entry(reason).or_default().push(decision);
            }
        }
        if !groups.is_empty() {
            writeln!(text, "\nWho was not told, and why: how often, with an example\n")?;
        }
        for (reason, decisions) in groups {
            let Some(example) = decisions.first() else { continue };
            let whom = example
                .recipient
                .as_ref()
                .map_or_else(|| "nobody hears".into(), |_| recipient(self.config, facts, example));
            let number = conversation(facts, &example.conversation);
            writeln!(text, "  {:>3}  {} ({number}: {whom})", decisions.len(), reason.sentence())?;
        }
        Ok(())
    }

    /// What no rule even looks at, because nobody waits there.
    fn what_does_not_wait(&self, text: &mut String) -> Result<()> {
        let connection = self.sample.connection()?;
        let mut quiet = connection.prepare(
            "SELECT CASE status WHEN 'open' THEN 'answered' WHEN 'pending' THEN 'in a bot''s hands' ELSE status END,
               count(*), min(number)
             FROM conversations WHERE status <> 'open' OR waiting_since IS NULL GROUP BY 1 ORDER BY 2 DESC, 1",
        )?;
        let mut parts = Vec::new();
        let mut rows = quiet.query([])?;
        while let Some(row) = rows.next()? {
            let (what, count, number): (String, u32, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            parts.push(format!("{count} {what} (#{number})"));
        }
        if !parts.is_empty() {
            text.push('\n');
            wrapped(text, "  ", &format!("Nobody waits in the others: {}.", parts.join(", ")));
        }
        Ok(())
    }
}

/// The mail's own words for why, with the conversations they stand at.
fn reasons(digest: &Digest, facts: &Facts) -> BTreeMap<String, Vec<String>> {
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in &digest.items {
        let (numbers, number) =
            (reasons.entry(item.why.sentence()).or_default(), conversation(facts, &item.conversation));
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    reasons
}

fn and_more(text: &mut String, count: usize) -> Result<()> {
    if count > LISTED {
        writeln!(text, "  and {} more", count - LISTED)?;
    }
    Ok(())
}
