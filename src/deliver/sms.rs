//! Text messages by Twilio, or as files: fitted to what is paid for, and what people answer.

mod answer;
mod api;
mod inbox;
mod keys;
mod message;
mod settings;
mod twilio;

use std::num::NonZeroU32;
use std::path::Path;

use self::api::Api;
use self::settings::{Account, Way};
use self::twilio::Twilio;
use super::carrier::{Kit, Ready};
use super::http::Http;
use super::notes::Outbox;
use crate::model::{Channel, Gateway, Outcome};

pub use self::answer::remedy;
pub use self::inbox::{Inbox, Received, Wish};
pub use self::settings::Settings;

impl Settings {
    /// Whether a text shows what was said.
    pub fn shows_message(&self) -> bool {
        self.message
    }

    /// How many segments a text may have.
    pub fn segments(&self) -> usize {
        usize::from(self.segments.0)
    }

    /// The gateways of the section, ready or not.
    pub fn carriers(&self, kit: &Kit<'_>) -> Vec<(Gateway, Ready)> {
        let ready: Ready = match &self.way {
            Way::Outbox(folder) => {
                let outbox = Outbox::new(Channel::Sms, kit.folder.join(folder), self.message);
                Ok(Box::new(outbox.of_segments(self.segments())))
            }
            Way::Twilio(account) => match Api::open(account, kit.http, kit.folder) {
                Ok(api) => Ok(Box::new(Twilio::new(api, account, self))),
                Err(fault) => Err(fault),
            },
        };
        vec![(Gateway::Sms, ready)]
    }

    /// Whether messages that people send are taken in.
    pub fn takes_replies(&self) -> bool {
        self.answering().is_some()
    }

    /// Where they are looked for, or what keeps it shut; `None` when they are not taken in.
    pub fn inbox(&self, http: &Http, folder: &Path) -> Option<Result<Inbox, Outcome>> {
        let account = self.answering()?;
        Some(Api::open(account, http, folder).map(|api| Inbox::new(api, &account.answered)))
    }

    /// How many messages may begin in a day of the desk, over all recipients.
    pub fn per_day(&self) -> Option<NonZeroU32> {
        self.per_day.map(|limit| limit.0)
    }

    /// How many messages may begin to one number in a day of its owner.
    pub fn per_number_per_day(&self) -> Option<NonZeroU32> {
        self.per_number_per_day.map(|limit| limit.0)
    }

    fn answering(&self) -> Option<&Account> {
        match &self.way {
            Way::Twilio(account) => Some(&**account).filter(|account| !account.answered.is_empty()),
            Way::Outbox(_) => None,
        }
    }
}
