//! Slots on fixed dates, both daylight-saving cases, and properties over every minute of a change.

use super::*;
use proptest::prelude::*;

const BERLIN: Tz = chrono_tz::Europe::Berlin;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn schedule(toml: &str) -> Schedule {
    #[derive(serde::Deserialize)]
    struct Keys {
        schedule: Schedule,
    }
    toml::from_str::<Keys>(&format!("schedule = {toml}")).unwrap().schedule
}

/// The slots that passes at the given instants fire, one after another.
fn fired(schedule: &Schedule, zone: Tz, passes: &[&str]) -> Vec<String> {
    let mut last: Option<Slot> = None;
    let mut labels = Vec::new();
    for pass in passes {
        if let Some(slot) = due(schedule, zone, last.as_ref(), utc(pass)) {
            labels.push(slot.label.clone());
            last = Some(slot);
        }
    }
    labels
}

fn every_five_minutes(from: &str, to: &str) -> Vec<String> {
    let (mut at, end) = (utc(from), utc(to));
    let mut passes = Vec::new();
    while at <= end {
        passes.push(at.to_rfc3339());
        at += TimeDelta::minutes(5);
    }
    passes
}

#[track_caller]
fn case(toml: &str, zone: Tz, from: &str, to: &str, expected: &[&str]) {
    let passes = every_five_minutes(from, to);
    let passes: Vec<&str> = passes.iter().map(String::as_str).collect();
    assert_eq!(fired(&schedule(toml), zone, &passes), expected, "{toml}");
}

#[test]
fn a_slot_is_due_once() {
    let eight = schedule("{ at = [\"08:00\"] }");
    let passes = ["2026-01-05T07:00:00Z", "2026-01-05T07:00:30Z", "2026-01-05T07:05:00Z"];
    assert_eq!(fired(&eight, BERLIN, &passes), ["2026-01-05T08:00 Europe/Berlin"]);
}

#[test]
fn c5_monday_to_saturday_slots_stay_at_their_wall_time_across_both_changes() {
    let written = "{ at = [\"08:00\", \"11:00\", \"14:00\", \"17:00\"], days = \"Mon-Sat\" }";
    for (from, to) in
        [("2026-03-27T00:00:00Z", "2026-03-31T23:00:00Z"), ("2026-10-23T00:00:00Z", "2026-10-27T23:00:00Z")]
    {
        let passes = every_five_minutes(from, to);
        let passes: Vec<&str> = passes.iter().map(String::as_str).collect();
        let labels = fired(&schedule(written), BERLIN, &passes[12 * 7..]);
        let days = if from.contains("-03-") {
            ["2026-03-27", "2026-03-28", "2026-03-30", "2026-03-31"]
        } else {
            ["2026-10-23", "2026-10-24", "2026-10-26", "2026-10-27"]
        };
        let expected: Vec<String> = days
            .iter()
            .flat_map(|day| ["08", "11", "14", "17"].map(|hour| format!("{day}T{hour}:00 Europe/Berlin")))
            .collect();
        assert_eq!(labels, expected);
        let cron = schedule("{ cron = \"0 8,11,14,17 * * Mon-Sat\" }");
        assert_eq!(fired(&cron, BERLIN, &passes[12 * 7..]), expected);
    }
}

#[test]
fn a_skipped_time_fires_after_the_gap() {
    let (from, to) = ("2026-03-29T00:00:00Z", "2026-03-29T06:00:00Z");
    case("{ at = [\"02:30\"], days = \"Sun\" }", BERLIN, from, to, &["2026-03-29T02:30 Europe/Berlin"]);
    let slot = due(&schedule("{ at = [\"02:30\"] }"), BERLIN, None, utc("2026-03-29T01:00:00Z")).unwrap();
    assert_eq!(slot.at, utc("2026-03-29T01:00:00Z"));
}

#[test]
fn a_repeated_time_fires_on_the_first_pass_only() {
    let (from, to) = ("2026-10-25T00:10:00Z", "2026-10-25T03:00:00Z");
    case("{ at = [\"02:30\"], days = \"Sun\" }", BERLIN, from, to, &["2026-10-25T02:30 Europe/Berlin"]);
    let twice = ["2026-10-25T02:00 Europe/Berlin", "2026-10-25T02:30 Europe/Berlin"];
    case("{ cron = \"0,30 2 * * *\" }", BERLIN, "2026-10-25T00:00:00Z", to, &twice);
}

#[test]
fn an_interval_goes_on_through_a_repeated_hour() {
    let passes = every_five_minutes("2026-10-25T00:00:00Z", "2026-10-25T01:55:00Z");
    for written in ["{ every = \"5m\" }", "{ cron = \"*/5 * * * *\" }"] {
        let passes: Vec<&str> = passes.iter().map(String::as_str).collect();
        assert_eq!(fired(&schedule(written), BERLIN, &passes).len(), passes.len(), "{written}");
    }
}

#[test]
fn missed_slots_merge_into_the_latest() {
    let day = schedule("{ at = [\"08:00\", \"11:00\"] }");
    let passes = ["2026-01-05T07:59:00Z", "2026-01-06T12:00:00Z"];
    assert_eq!(fired(&day, Tz::UTC, &passes)[1..], ["2026-01-06T11:00 UTC"]);
}

#[test]
fn a_slot_missed_for_longer_than_a_day_is_left_out() {
    let monday = schedule("{ at = [\"08:00\"], days = \"Mon\" }");
    assert!(due(&monday, Tz::UTC, None, utc("2026-01-06T07:59:00Z")).is_some());
    assert_eq!(due(&monday, Tz::UTC, None, utc("2026-01-06T08:00:00Z")), None);
}

#[test]
fn a_clock_that_went_back_fires_nothing_again() {
    let five = schedule("{ every = \"5m\" }");
    let passes = ["2026-01-05T08:05:00Z", "2026-01-05T08:00:00Z", "2026-01-05T08:05:10Z", "2026-01-05T08:10:00Z"];
    assert_eq!(fired(&five, Tz::UTC, &passes), ["2026-01-05T08:05:00Z", "2026-01-05T08:10:00Z"]);
}

#[test]
fn next_comes_after_and_is_due_then() {
    for written in [
        "{ every = \"7m\" }",
        "{ at = [\"08:00\"], days = \"Sat-Mon\" }",
        "{ at = [\"02:15\", \"02:45\"], days = \"Sun\" }",
        "{ cron = \"15 9 1 * *\" }",
    ] {
        let schedule = schedule(written);
        let after = utc("2026-03-28T12:34:56Z");
        let slot = next(&schedule, BERLIN, after).unwrap();
        assert!(slot.at > after, "{written}");
        assert_eq!(due(&schedule, BERLIN, None, slot.at), Some(slot), "{written}");
    }
}

#[test]
fn a_schedule_that_is_two_things_or_none_is_refused() {
    #[derive(Debug, serde::Deserialize)]
    struct Keys {
        #[expect(dead_code, reason = "only the error matters here")]
        schedule: Schedule,
    }
    for (written, why) in [
        ("{ }", "a schedule is one of"),
        ("{ every = \"5m\", cron = \"* * * * *\" }", "a schedule is one of"),
        ("{ every = \"30s\" }", "shorter than a minute"),
        ("{ at = [\"8 o'clock\"] }", "not a time of day"),
        ("{ at = [] }", "names no time"),
        ("{ at = [\"08:00\"], days = \"Mon-Fry\" }", "\"Fry\""),
        ("{ at = [\"08:00\"], time_zone = \"Europe/Berln\" }", "Europe/Berlin"),
    ] {
        let error = toml::from_str::<Keys>(&format!("schedule = {written}")).unwrap_err();
        assert!(error.message().contains(why), "{written}: {error}");
    }
}

proptest! {
    #[test]
    fn x7_each_label_fires_once_and_none_early(
        start in 1_700_000_000_i64..1_900_000_000,
        steps in prop::collection::vec(1_i64..20_000, 1..60),
        which in 0_usize..6,
    ) {
        let zones = [BERLIN, chrono_tz::America::St_Johns, chrono_tz::Australia::Lord_Howe];
        let written = ["{ every = \"5m\" }", "{ at = [\"02:30\", \"08:00\", \"23:59\"] }", "{ cron = \"0,30 1-3 * * *\" }"];
        for zone in zones {
            let schedule = schedule(written[which % 3]);
            let (mut now, mut last, mut labels) = (start, None, std::collections::HashSet::new());
            for step in &steps {
                now += step;
                let now = DateTime::from_timestamp(now, 0).unwrap();
                if let Some(slot) = due(&schedule, zone, last.as_ref(), now) {
                    prop_assert!(slot.at <= now && slot.at > now - CATCH_UP);
                    prop_assert!(labels.insert(slot.label.clone()), "{} fired twice", slot.label);
                    last = Some(slot);
                }
            }
        }
    }
}
