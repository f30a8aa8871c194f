//! What people type, on the command line and as values of settings: times, spans, days, cron expressions, zones,
//! links, addresses, and whom or which conversation they mean.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use doorbell::desk::{AgentUrl, ContactUrl, DeskUrl, Place};
use doorbell::model::{Channel, ConversationId, RecipientId, display_name, email_address, masked, phone_number};
use doorbell::notation::{Days, Source, Span, Zone, hours_of_day, moment, nearest, time_of_day};
use doorbell::render::{note, sample_letter};
use doorbell::schedule::{self, Schedule};
use reqwest::Url;

use super::{clean, desks};

/// Around what is odd about clocks: days of 23 and 25 hours, a leap day, the ends of centuries.
const NOW: [&str; 5] = [
    "2026-03-29T00:59:59Z",
    "2026-10-25T01:00:00Z",
    "2028-02-28T23:30:00Z",
    "2099-12-31T23:59:59Z",
    "2400-02-29T12:00:00Z",
];
/// Samoa left out a whole day. The reader of cron expressions gives up on a gap of more than two hours; there has been
/// none in a zone where people live since then.
const LONG_AGO: [&str; 2] = ["1970-01-01T00:00:00Z", "2011-12-30T09:59:00Z"];
const ZONES: [Tz; 4] = [Tz::UTC, Tz::Europe__Berlin, Tz::Pacific__Apia, Tz::Australia__Lord_Howe];
/// Nothing comes more rarely: spans end at ten years, and a weekday of 29 February comes sooner.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(3_661);

pub fn holds(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    spans(text);
    days_and_hours(text);
    moments(text);
    schedules(text);
    words(text);
    addresses(text);
    links(text);
    finds(text);
}

fn instants() -> Vec<DateTime<Utc>> {
    NOW.iter().chain(&LONG_AGO).map(|text| text.parse().unwrap()).collect()
}

fn spans(text: &str) {
    let Ok(span) = text.parse::<Span>() else { return };
    assert_eq!(span.to_string().parse(), Ok(span), "{text:?}");
    assert!(span.delta() <= TimeDelta::days(3_660), "{text:?} is longer than ten years");
}

fn days_and_hours(text: &str) {
    if let Ok(days) = text.parse::<Days>() {
        let week = (0..7).map(|day| chrono::Weekday::try_from(day).unwrap());
        assert!(week.into_iter().any(|day| days.contains(day)), "{text:?} is no day at all");
    }
    if let Ok((from, until)) = hours_of_day(text) {
        assert_ne!(from, until, "{text:?}");
    }
    if let Ok(time) = time_of_day(text) {
        assert_eq!(time_of_day(&time.format("%H:%M").to_string()), Ok(time), "{text:?}");
    }
}

/// What a time leads to can be reckoned with, as passes and plans do.
fn moments(text: &str) {
    for now in instants() {
        for zone in ZONES {
            let Ok(at) = moment(text, zone, now) else { continue };
            assert_eq!(moment(&at.to_rfc3339(), zone, now), Ok(at), "{text:?}");
            for at in [at - TimeDelta::days(3_660), at, at + TimeDelta::days(3_660)] {
                let _ = at.with_timezone(&zone).format("%a %-d %b %Y, %H:%M %Z").to_string();
            }
        }
    }
}

fn schedules(text: &str) {
    for schedule in [
        serde_json::json!({ "cron": text }),
        serde_json::json!({ "every": text }),
        serde_json::json!({ "at": [text], "days": "Mon-Sat" }),
        serde_json::json!({ "at": ["02:30"], "days": text }),
    ] {
        let Ok(schedule) = serde_json::from_value::<Schedule>(schedule) else { continue };
        ZONES.into_iter().for_each(|zone| slots_follow_one_another(&schedule, zone));
    }
}

/// From any instant there is a slot before and one after it, and each is the latest when it comes.
pub fn slots_follow_one_another(schedule: &Schedule, zone: Tz) {
    let is_cron = matches!(schedule, Schedule::Cron { .. });
    for now in instants().into_iter().take(if is_cron { NOW.len() } else { usize::MAX }) {
        let at = format!("at {now} in {zone}");
        let latest = schedule::latest(schedule, zone, now);
        assert!(latest.as_ref().is_none_or(|latest| latest.at <= now), "{at}: {latest:?} is to come");
        let next = schedule::next(schedule, zone, now).unwrap_or_else(|| panic!("{at}: it never comes again"));
        assert!(next.at > now && next.at - now < LONGEST_WAIT, "{at}: {next:?} is next");
        assert_eq!(
            schedule::latest(schedule, zone, next.at).as_ref(),
            Some(&next),
            "{at}: the next is not the latest then"
        );
        assert_eq!(schedule::due(schedule, zone, Some(&next), next.at), None, "{at}: it comes twice");
    }
}

fn words(text: &str) {
    if let Ok(zone) = text.parse::<Zone>() {
        assert_eq!(zone.0.name().parse(), Ok(zone));
    }
    if let Some(Source::Variable(name)) = Source::from_variable(text) {
        assert_eq!(format!("${{{name}}}"), text);
    }
    assert!(Channel::parse(text).is_none_or(|channel| channel.word() == text));
    if let Some(recipient) = RecipientId::parse(text) {
        assert_eq!(recipient.to_string(), text);
    }
    let _ = nearest(text, Channel::ALL.map(Channel::word));
    if let Ok(url) = text.parse::<DeskUrl>() {
        assert!(url.path(Path::new("/etc")).is_none_or(|path| path.is_absolute()));
    }
}

fn addresses(text: &str) {
    if let Some(address) = email_address(text) {
        clean::line("an address", &address);
        assert!(
            address.contains('@') && !address.contains(char::is_whitespace) || address.starts_with('"'),
            "{address:?}"
        );
        assert_eq!(email_address(&address).as_ref(), Some(&address));
        assert!(address.contains('*') || !masked(&address).contains(&*address), "{address:?} is shown");
    }
    if let Some(number) = phone_number(text) {
        assert!(number[1..].bytes().all(|digit| digit.is_ascii_digit()), "{number:?}");
        assert_eq!(phone_number(&number).as_ref(), Some(&number));
    }
    let _ = masked(text);
    let name = display_name(text);
    clean::line("a name", &name);
    assert!(name.chars().count() <= 64, "{name:?}");
    assert_eq!(display_name(&name), name);
}

/// A link keeps to the web and to its host whatever number a conversation has, and leads back to it.
fn links(text: &str) {
    if let Ok(url) = text.parse::<ContactUrl>() {
        let read = Url::parse(url.as_str()).unwrap();
        assert!(matches!(read.scheme(), "http" | "https"), "{url}");
        assert_eq!(shown(url.as_str()).as_deref(), Some(text), "{url} would be left out of letters");
    }
    let Ok(url) = text.parse::<AgentUrl>() else { return };
    let id = ConversationId::from("7");
    let host = Url::parse(&text.replace(['{', '}'], "")).unwrap().host_str().map(str::to_owned);
    for number in ["42", "{id}", "../..", "@evil.example/", "a b\r\nc\u{202e}\"'<>"] {
        let link = url.link(Some(number), None, &id).unwrap_or_else(|| panic!("no link from {text:?}"));
        clean::line("a link", &link);
        if is_behind_the_host(text) {
            let read = Url::parse(&link).unwrap_or_else(|error| panic!("{link:?} is no address: {error}"));
            assert_eq!(read.host_str().map(str::to_owned), host, "{link:?} leads elsewhere");
            assert_eq!(shown(&link).as_ref(), Some(&link), "{text:?} would be left out of letters");
        }
        if text.contains('{') && ends_where_it_is_seen(text) {
            assert!(url.place_in(&link).is_some(), "{link:?} does not lead back");
        }
    }
    if text.contains("{id}") && !text.contains("{number}") && ends_where_it_is_seen(text) {
        let link = url.link(None, None, &id).unwrap();
        assert_eq!(url.place_in(&link), Some(Place::Id("7")), "{link:?}");
    }
}

/// A link as a note shows it.
fn shown(link: &str) -> Option<String> {
    let mut letter = sample_letter(DateTime::UNIX_EPOCH);
    letter.entries.truncate(1);
    letter.entries[0].link = Some(link.to_owned());
    note(&letter).and_then(|note| note.link)
}

/// Whether what follows a place can be no part of what is filled in; else nobody can tell the two apart.
fn ends_where_it_is_seen(text: &str) -> bool {
    let own = |letter: char| letter.is_ascii_alphanumeric() || "-._~%{".contains(letter);
    text.split('}').skip(1).all(|rest| !rest.starts_with(own))
}

/// Whether the first place stands in the path or further behind.
fn is_behind_the_host(text: &str) -> bool {
    let before = text.split('{').next().unwrap_or_default();
    before.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#']))
}

/// What is looked for on a desk is found or not found.
fn finds(text: &str) {
    desks::with(|small| {
        let snapshot = small.desk.snapshot().unwrap();
        snapshot.find_conversation(text).unwrap();
        snapshot.find_person(text).unwrap();
    });
}
