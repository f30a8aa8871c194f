//! Turns a letter into words: subject, text and HTML, by the templates of the operator.
//! Values in, values out; what is wrong with a template is found when it is loaded.

mod check;
mod clean;
mod fields;
mod helpers;
mod html;
mod import;
mod labels;
mod library;
mod note;
mod page;
mod sample;
mod templates;
mod times;
mod wording;

use std::path::PathBuf;

use serde::Deserialize;

pub use library::embedded;
pub use note::note;
pub use sample::{sample_letter, sample_of};
pub use templates::{RenderError, TemplateError, Templates};

/// `[templates]` of the settings file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// A folder with templates of your own: files named like the embedded ones replace them, others add sets that
    /// rules can name. `doorbell templates export DIR` writes the embedded ones to start from.
    pub folder: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_name_a_folder_and_nothing_else() {
        assert_eq!(toml::from_str(""), Ok(Settings::default()));
        assert_eq!(toml::from_str("folder = \"mails\""), Ok(Settings { folder: Some("mails".into()) }));
        let error = toml::from_str::<Settings>("foldr = \"mails\"").unwrap_err().to_string();
        assert!(error.contains("unknown field `foldr`, expected `folder`"), "{error}");
    }
}
