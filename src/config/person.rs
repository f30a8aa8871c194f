//! `[people.NAME]`: somebody who is told without being an agent of the desk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::rule::AUDIENCES;
use super::written::{Fault, fault, plain_name};
use crate::model::{Hours, Language, Named, email_address, phone_number};
use crate::notation::{Days, Zone, hours_of_day};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenPerson {
    /// What to call this person; by default the NAME.
    name: Option<String>,
    /// The address for email.
    email: Option<Spanned<String>>,
    /// The number for text messages.
    phone: Option<Spanned<String>>,
    /// The file that holds the number.
    phone_file: Option<Spanned<PathBuf>>,
    /// The language of the mails; by default that of the shared templates.
    language: Option<Spanned<String>>,
    /// The zone in which times are written; by default the desk's.
    time_zone: Option<Zone>,
    /// The days on which this person works.
    working_days: Option<Spanned<String>>,
    /// The hours in which this person works.
    working_hours: Option<Spanned<String>>,
    /// The hours in which this person rests.
    quiet_hours: Option<Spanned<String>>,
}

impl WrittenPerson {
    pub(super) fn checked(self, name: Spanned<String>, folder: &Path) -> Result<(Arc<str>, Named), Fault> {
        if AUDIENCES.contains(&name.get_ref().as_str()) {
            return Err(fault(
                &name,
                format!("{:?} is an audience already; give the person another name", name.get_ref()),
            ));
        }
        plain_name(&name)?;
        if let Some(email) = self.email.as_ref().filter(|email| email_address(email.get_ref()).is_none()) {
            let message = format!("{:?} is not an email address; write it like \"anna@example.com\"", email.get_ref());
            return Err(fault(email, message));
        }
        let unreachable = self.email.is_none() && self.phone.is_none() && self.phone_file.is_none();
        let phone = phone(self.phone, self.phone_file, folder)?;
        if unreachable {
            let message = "nothing says how to reach this person; add email = \"anna@example.com\"";
            return Err(fault(&name, message.into()));
        }
        let hours = Hours {
            time_zone: None,
            days: read(self.working_days.as_ref(), str::parse::<Days>)?,
            working: read(self.working_hours.as_ref(), hours_of_day)?,
            quiet: read(self.quiet_hours.as_ref(), hours_of_day)?,
        };
        let named = Named {
            name: self.name.unwrap_or_else(|| name.get_ref().clone()),
            email: self.email.map(Spanned::into_inner),
            phone,
            language: read(self.language.as_ref(), language)?,
            time_zone: self.time_zone.map(|zone| zone.0),
            hours,
        };
        Ok((name.into_inner().into(), named))
    }
}

fn read<T>(written: Option<&Spanned<String>>, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, Fault> {
    written.map(|text| parse(text.get_ref()).map_err(|message| fault(text, message))).transpose()
}

fn language(text: &str) -> Result<Language, String> {
    Language::parse(text).ok_or_else(|| format!("{text:?} is not a language; write it like \"de\" or \"pt-BR\""))
}

fn phone(
    written: Option<Spanned<String>>,
    file: Option<Spanned<PathBuf>>,
    folder: &Path,
) -> Result<Option<String>, Fault> {
    if let Some(number) = written {
        let known = phone_number(number.get_ref()).is_some();
        let wrong = || format!("{:?} is not a telephone number; write it like \"+441632960000\"", number.get_ref());
        return if known { Ok(Some(number.into_inner())) } else { Err(fault(&number, wrong())) };
    }
    let Some(file) = file else { return Ok(None) };
    match std::fs::read_to_string(folder.join(file.get_ref())) {
        Ok(text) if phone_number(&text).is_some() => Ok(Some(text.trim().to_owned())),
        Ok(_) => {
            let message =
                format!("{} holds no telephone number; write it like +441632960000", file.get_ref().display());
            Err(fault(&file, message))
        }
        // the settings can be checked where the file is not; without its number a pass says why nobody was told
        Err(error) => {
            tracing::warn!("read {}: {error}; write the number there, or write phone", file.get_ref().display());
            Ok(None)
        }
    }
}
