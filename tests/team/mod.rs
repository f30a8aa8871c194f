//! A desk of fifty agents in six time zones over a week: every row from a fixed formula, so that each test sees the same.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "shared by end-to-end tests; a broken team is a broken test"
)]

mod stories;

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use doorbell::desk::SCHEMA;
use rusqlite::{Connection, Params, params};

const ZONES: [&str; 6] =
    ["Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Australia/Sydney"];

/// Ada runs the desk, Bea, Cem and Dov look after the others, Yara (25) has left.
const AGENTS: [&str; 50] = [
    "Ada", "Bea", "Cem", "Dov", "Eva", "Fay", "Gil", "Hal", "Ida", "Jan", "Kim", "Leo", "Mia", "Ned", "Ole", "Pia",
    "Quin", "Ria", "Sam", "Tia", "Uma", "Vic", "Wim", "Xia", "Yara", "Zoe", "Alan", "Beth", "Carl", "Dina", "Emil",
    "Fern", "Gwen", "Hugo", "Iris", "Jude", "Kate", "Lars", "Maya", "Nils", "Olga", "Paul", "Rosa", "Sven", "Tess",
    "Ugo", "Vera", "Walt", "Yves", "Zack",
];

/// The groups: id, name, kind, and the agents by number.
const GROUPS: [(&str, &str, &str, &[i64]); 5] = [
    ("team:billing", "Billing", "team", &[5, 11, 17, 23]),
    ("team:support", "Support", "team", &[1, 6, 7, 12, 18, 24, 30]),
    ("inbox:night", "Night shift", "inbox", &[4, 10, 28]),
    ("department:sales", "Sales", "department", &[2, 8, 14, 20, 26, 32]),
    ("department:returns", "Returns", "department", &[3, 9, 15, 21]),
];

/// How the desk is peopled and how much goes on.
#[derive(Debug, Clone, Copy)]
pub struct Week<'a> {
    /// Its first instant.
    pub from: &'a str,
    /// Of the conversations, one in so many.
    pub one_in: u64,
}

/// The desk in its file.
pub struct Team {
    connection: Connection,
    from: DateTime<Utc>,
}

impl Team {
    /// Writes the whole week into a new database.
    pub fn write(path: &Path, week: Week<'_>) {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;").unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        connection.execute_batch("BEGIN").unwrap();
        let team = Self { connection, from: week.from.parse().unwrap() };
        team.people();
        team.hours();
        team.switches();
        team.devices();
        (1..=120)
            .filter(|number| mixed(*number, 9).is_multiple_of(week.one_in))
            .for_each(|number| team.conversation(number));
        team.presence();
        team.connection.execute_batch("COMMIT").unwrap();
    }

    fn people(&self) {
        for (id, name) in (1..).zip(AGENTS) {
            let role = match id {
                1 => "admin",
                2..=4 => "supervisor",
                _ => "agent",
            };
            let email = (id != 32).then(|| format!("{}@example.com", name.to_lowercase()));
            let phone = (id % 5 == 0).then(|| format!("+4416329601{id:02}"));
            self.put(
                "INSERT INTO agents(id, name, email, phone, role, active, time_zone) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![id, name, email, phone, role, id != 25, zone_of(id)],
            );
        }
        for (id, name, kind, members) in GROUPS {
            self.put("INSERT INTO groups(id, name, kind) VALUES (?1, ?2, ?3)", (id, name, kind));
            for agent in members {
                self.put("INSERT INTO group_members(group_id, agent_id) VALUES (?1, ?2)", (id, agent));
            }
        }
        // every fourth is a guest of the web chat; number 13 is blocked
        for id in 1..=40_i64 {
            let guest = id % 4 == 0;
            let saved = |text: String| (!guest).then_some(text);
            let phone = (id % 3 == 0).then(|| format!("+4416329602{id:02}"));
            let consent = (id % 6 == 3).then_some(true);
            self.put(
                "INSERT INTO contacts(id, name, email, phone, kind, blocked, sms_consent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    id,
                    saved(format!("Customer {id}")),
                    saved(format!("customer{id}@customer.example")),
                    phone.filter(|_| !guest),
                    if guest { "guest" } else { "contact" },
                    id == 13,
                    consent
                ],
            );
        }
    }

    /// Every third works on weekdays by day, every fifth wants quiet nights, and Gil is away with Hal in his place.
    fn hours(&self) {
        for id in 5..=50_i64 {
            let works = (id % 3 == 0).then_some(("Mon-Fri", "09:00", "17:30"));
            let rests = (id % 5 == 1).then_some(("22:00", "07:00"));
            let away = (id == 7).then(|| self.minutes(3 * 1440 + 12 * 60));
            if works.is_none() && rests.is_none() && away.is_none() {
                continue;
            }
            self.put(
                "INSERT INTO availability(agent_id, time_zone, working_days, working_from, working_until, quiet_from,
                   quiet_until, away_until, stand_in_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    id,
                    zone_of(id),
                    works.map(|it| it.0),
                    works.map(|it| it.1),
                    works.map(|it| it.2),
                    rests.map(|it| it.0),
                    rests.map(|it| it.1),
                    away,
                    away.map(|_| 8)
                ],
            );
        }
    }

    /// Most hear of their own only; some of nothing unassigned; Kim mutes Billing, Leo has no desktop, Mia no email.
    fn switches(&self) {
        let sql = "INSERT INTO preferences(agent_id, group_id, event, channel, enabled, scope, unassigned)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        for id in 1..=50_i64 {
            for channel in ["email", "push", "desktop", "in_app"] {
                let off = matches!((id, channel), (12, "desktop") | (13, "email"));
                let scope = (id % 8 != 6).then_some("mine");
                let unassigned = (id % 4 != 2).then_some(false);
                for event in ["new_message", "unread"] {
                    self.put(sql, params![id, None::<&str>, event, channel, !off, scope, unassigned]);
                }
            }
        }
        for event in ["new_message", "unread", "unreplied"] {
            self.put(sql, params![11, "team:billing", event, "email", false, None::<&str>, None::<bool>]);
        }
    }

    fn devices(&self) {
        let sql = "INSERT INTO devices(owner_type, owner_id, provider, token) VALUES ('agent', ?1, ?2, ?3)";
        for id in 1..=50_i64 {
            for (kind, has) in [("apns", id % 4 == 0), ("fcm", id % 6 == 1), ("webpush", id % 3 == 2 || id % 10 == 0)] {
                if has {
                    self.put(sql, (id, kind, format!("{kind}-{id}")));
                }
            }
        }
        // Hal has a second telephone
        self.put(sql, (8, "apns", "apns-8-old"));
    }

    /// A desk keeps of each person and page the latest time only. Who has no row is where nobody knows.
    fn presence(&self) {
        let sql = "INSERT INTO presence(subject_type, subject_id, status, surface, last_active_at)
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        for id in 1..=50_i64 {
            let seen = self.minutes(i64::try_from(mixed(id, 77) % 10_080).unwrap());
            match id % 5 {
                0 => self.put(sql, params!["agent", id, "offline", "", seen]),
                1 => self.put(sql, params!["agent", id, "online", "console", seen]),
                2 => self.put(sql, params!["agent", id, "away", "inbox", seen]),
                _ => {}
            }
        }
        // these sit there all week: at the console, at the inbox, before the dashboard, in one conversation
        for (agent, surface) in [(20, "console"), (24, "inbox"), (3, "dashboard"), (15, "conversation:1009")] {
            self.put(
                "INSERT OR REPLACE INTO presence(subject_type, subject_id, status, surface) VALUES ('agent', ?1, 'online', ?2)",
                (agent, surface),
            );
        }
        for id in (2..=40_i64).step_by(4) {
            let seen = self.minutes(i64::try_from(mixed(id, 78) % 10_080).unwrap());
            self.put(sql, params!["contact", id, "online", "", seen]);
        }
    }

    fn put(&self, sql: &str, parameters: impl Params) {
        self.connection.prepare_cached(sql).unwrap().execute(parameters).unwrap();
    }

    /// So many minutes into the week, in Unix milliseconds.
    fn minutes(&self, minutes: i64) -> i64 {
        (self.from + TimeDelta::minutes(minutes)).timestamp_millis()
    }
}

fn zone_of(agent: i64) -> &'static str {
    ZONES[usize::try_from(agent).unwrap() % ZONES.len()]
}

/// A number that looks like chance and is the same every time (the finalizer of `splitmix64`).
fn mixed(number: i64, salt: i64) -> u64 {
    let mut bits = u64::try_from(number * 1_000 + salt).unwrap().wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
