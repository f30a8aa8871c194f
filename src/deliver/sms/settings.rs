//! `[sms]` in the settings: by which account, as whom, how much.
//! What was read without an error cannot be wrong in itself; whether Twilio agrees, the probe finds out.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, de::Error};

use super::super::http::Endpoint;
use super::keys::{AccountSid, Doubt, KeySid, Own, PerDay, Segments, Sender, Validity};
use crate::notation::Source;

/// Twilio's own address.
const TWILIO: &str = "https://api.twilio.com";
/// What an account spends at most on a bad day, unless the settings say otherwise.
const PER_DAY: i64 = 200;
/// More texts than this in a day drive people to STOP.
const PER_NUMBER_PER_DAY: i64 = 10;

/// The keys of `[sms]`.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(super) way: Way,
    /// Whether a text shows what was said; by default it says only that somebody waits.
    pub(super) message: bool,
    pub(super) segments: Segments,
    pub(super) per_day: Option<PerDay>,
    pub(super) per_number_per_day: Option<PerDay>,
}

/// Where text messages go.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// Into a folder, as a .json file each.
    Outbox(PathBuf),
    /// To Twilio.
    Twilio(Box<Account>),
}

/// An account at Twilio.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) sid: AccountSid,
    pub(super) key: Option<KeySid>,
    /// The key under which the secret stands, and where it is.
    pub(super) secret: (&'static str, Source),
    pub(super) from: Sender,
    /// The numbers whose messages are taken in; empty without `replies`.
    pub(super) answered: Vec<Arc<str>>,
    pub(super) valid_for: Validity,
    pub(super) on_ambiguous: Doubt,
    pub(super) endpoint: Endpoint,
}

/// The section as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    outbox: Option<PathBuf>,
    account: Option<AccountSid>,
    api_key: Option<KeySid>,
    auth_token: Option<Source>,
    auth_token_file: Option<PathBuf>,
    from: Option<Sender>,
    #[serde(default)]
    numbers: Vec<Own>,
    #[serde(default)]
    message: bool,
    #[serde(default)]
    segments: Segments,
    #[serde(default)]
    valid_for: Validity,
    per_day: Option<PerDay>,
    per_number_per_day: Option<PerDay>,
    #[serde(default)]
    on_ambiguous: Doubt,
    #[serde(default)]
    replies: bool,
    endpoint: Option<Endpoint>,
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Written::deserialize(deserializer)?.checked().map_err(D::Error::custom)
    }
}

impl Written {
    fn checked(self) -> Result<Settings, &'static str> {
        let (message, segments) = (self.message, self.segments);
        let (per_day, per_number_per_day) = (self.per_day, self.per_number_per_day);
        let by_default = |count: i64| u32::try_from(count).ok().and_then(|count| count.try_into().ok()).map(PerDay);
        match self.way()? {
            // files cost nothing
            way @ Way::Outbox(_) => Ok(Settings { way, message, segments, per_day, per_number_per_day }),
            way @ Way::Twilio(_) => Ok(Settings {
                way,
                message,
                segments,
                per_day: per_day.or_else(|| by_default(PER_DAY)),
                per_number_per_day: per_number_per_day.or_else(|| by_default(PER_NUMBER_PER_DAY)),
            }),
        }
    }

    fn way(self) -> Result<Way, &'static str> {
        match (self.outbox.clone(), self.account.clone()) {
            (None, None) => {
                Err("neither account nor outbox is set; write account = \"AC...\" with auth_token_file and \
                                 from, or outbox = \"outbox\" to get files")
            }
            (Some(_), Some(_)) => Err("both account and outbox are set; remove one of them"),
            (Some(_), None) if self.names_an_account() => {
                Err("an outbox needs no account at Twilio; remove auth_token, auth_token_file, api_key, from, numbers \
                     and replies, or set account in place of outbox")
            }
            (Some(folder), None) => Ok(Way::Outbox(folder)),
            (None, Some(sid)) => self.account(sid).map(|account| Way::Twilio(Box::new(account))),
        }
    }

    fn names_an_account(&self) -> bool {
        let secret = self.auth_token.is_some() || self.auth_token_file.is_some() || self.api_key.is_some();
        secret || self.from.is_some() || !self.numbers.is_empty() || self.replies
    }

    fn account(self, sid: AccountSid) -> Result<Account, &'static str> {
        let secret = match (self.auth_token, self.auth_token_file) {
            (Some(_), Some(_)) => return Err("both auth_token and auth_token_file are set; remove one of them"),
            (Some(source), None) => ("sms.auth_token", source),
            (None, Some(file)) => ("sms.auth_token_file", Source::File(file)),
            (None, None) => {
                return Err("account needs a secret; write auth_token_file = \"/etc/doorbell/twilio-token\", or \
                            auth_token = \"${VARIABLE}\"");
            }
        };
        let Some(from) = self.from else {
            return Err("account needs a sender; write from = \"+441632960000\", with a number of the account");
        };
        let numbers: Vec<Arc<str>> = self.numbers.into_iter().map(|number| number.0).collect();
        let answered = match (&from, self.replies) {
            (Sender::Service(_), true) if numbers.is_empty() => {
                return Err("replies come to single numbers; list those of the messaging service: \
                            numbers = [\"+441632960000\"]");
            }
            (Sender::Name(_), true) => {
                return Err("nobody can answer a name; set from to a number of the account, or remove replies");
            }
            (Sender::Number(_) | Sender::Name(_), _) if !numbers.is_empty() => {
                return Err("numbers are those of a messaging service; set from to one (MG...), or remove numbers");
            }
            (Sender::Number(number), true) => vec![number.clone()],
            (_, true) => numbers,
            (_, false) => Vec::new(),
        };
        let Some(endpoint) = self.endpoint.or_else(|| Endpoint::known(TWILIO)) else {
            return Err("set endpoint to Twilio's address");
        };
        let (valid_for, on_ambiguous, key) = (self.valid_for, self.on_ambiguous, self.api_key);
        Ok(Account { sid, key, secret, from, answered, valid_for, on_ambiguous, endpoint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        sms: Settings,
    }

    fn read(keys: &str) -> Result<Settings, String> {
        toml::from_str(&format!("[sms]\n{keys}")).map(|file: File| file.sms).map_err(|error| error.to_string())
    }

    fn sid(kind: &str) -> String {
        format!("\"{kind}{}\"", "0a".repeat(16))
    }

    /// An account with further keys.
    fn account(keys: &str) -> Result<Settings, String> {
        read(&format!("account = {}\nauth_token = \"${{T}}\"\n{keys}", sid("AC")))
    }

    fn answered(keys: &str) -> Vec<String> {
        match account(keys).unwrap().way {
            Way::Twilio(account) => account.answered.iter().map(ToString::to_string).collect(),
            Way::Outbox(_) => Vec::new(),
        }
    }

    #[test]
    fn an_account_has_a_budget_and_an_outbox_has_none() {
        let budget = |settings: Settings| (settings.per_day, settings.per_number_per_day);
        let per_day = |count: u32| Some(PerDay(count.try_into().unwrap()));
        assert_eq!(budget(account("from = \"+441632960000\"").unwrap()), (per_day(200), per_day(10)));
        assert_eq!(budget(account("from = \"Desk\"\nper_day = 5").unwrap()), (per_day(5), per_day(10)));
        assert_eq!(budget(read("outbox = \"o\"").unwrap()), (None, None));
        assert_eq!(budget(read("outbox = \"o\"\nper_number_per_day = 3").unwrap()), (None, per_day(3)));
    }

    #[test]
    fn replies_are_taken_from_the_numbers_that_people_answer() {
        assert_eq!(answered("from = \"+441632960000\"\nreplies = true"), ["+441632960000"]);
        assert_eq!(answered("from = \"+441632960000\""), Vec::<String>::new());
        let service = format!("from = {}\nnumbers = [\"+44 1632 960000\", \"12345\"]", sid("MG"));
        assert_eq!(answered(&format!("{service}\nreplies = true")), ["+441632960000", "12345"]);
        assert_eq!(answered(&service), Vec::<String>::new());
    }

    #[test]
    fn a_wrong_value_is_answered_with_line_and_remedy() {
        #[track_caller]
        fn case(line: &str, expected: &[&str]) {
            let error = account(&format!("from = \"+441632960000\"\n{line}")).unwrap_err();
            for part in expected {
                assert!(error.contains(part), "{part:?} is missing in:\n{error}");
            }
            assert!(error.contains('^'), "no caret in:\n{error}");
        }
        case("segments = 0", &["line 5", "1 to 10"]);
        case("segments = 11", &["line 5", "11"]);
        case("valid_for = \"11h\"", &["line 5", "11h", "10h"]);
        case("per_day = 0", &["line 5", "0 a day"]);
        case("on_ambiguous = \"wait\"", &["line 5", "wait", "reconcile"]);
        case("endpoint = \"http://example.com\"", &["line 5", "https://host"]);
        case("numbers = [\"+441632960001\"]", &["those of a messaging service"]);
        case("numbers = [\"x\"]", &["line 5", "international form"]);
        case("api_key = \"key\"", &["line 5", "SK"]);
        case("outbox = \"out\"", &["both account and outbox"]);
        case("auth_token_file = \"f\"", &["both auth_token and auth_token_file"]);
        case("acount = \"x\"", &["line 5", "unknown field `acount`"]);
    }

    #[test]
    fn what_does_not_go_together_is_said_with_what_to_write() {
        let error = |keys: &str| read(keys).unwrap_err();
        assert!(error("message = true").contains("neither account nor outbox"));
        assert!(error("outbox = \"o\"\nfrom = \"Desk\"").contains("an outbox needs no account"));
        assert!(error(&format!("account = {}", sid("AC"))).contains("auth_token_file"));
        assert!(error("account = \"ACx\"\nauth_token = \"${T}\"").contains("console"));
        let token = format!("account = {}\nauth_token = \"0123456789\"", sid("AC"));
        assert!(error(&token).contains("does not belong in the settings"));
        assert!(account("").unwrap_err().contains("from = \"+441632960000\""));
        assert!(account("from = \"Desk\"\nreplies = true").unwrap_err().contains("nobody can answer a name"));
        assert!(account(&format!("from = {}\nreplies = true", sid("MG"))).unwrap_err().contains("numbers = ["));
        assert!(account("from = \"a name too long\"").unwrap_err().contains("nobody can be texted"));
    }
}
