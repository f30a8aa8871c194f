//! A secret by file, systemd credential or environment; never written in the settings themselves.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error};
use thiserror::Error;

/// Where a secret is kept; read only when it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, whose name may begin with `${VARIABLE}` (systemd: `${CREDENTIALS_DIRECTORY}/name`).
    File(PathBuf),
    /// An environment variable.
    Variable(String),
}

/// A secret that was read; its Debug output is redacted.
pub type Secret = SecretString;

/// Why a secret cannot be read. Never holds the secret.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The environment lacks the variable.
    #[error("the environment variable {0} is not set; set it, or name a file instead")]
    Unset(String),
    /// The file cannot be read.
    #[error("read secret file {0}: {1}; see whether it is there, and whether this user may read it")]
    Unreadable(PathBuf, io::Error),
    /// Everybody on the machine could read the file.
    #[error("secret file {0} can be read by others (mode {1:03o}); run: chmod o-rwx {0}")]
    Exposed(PathBuf, u32),
    /// The file holds nothing.
    #[error("secret file {0} is empty; write the secret into it")]
    Empty(PathBuf),
}

impl Source {
    /// Reads the secret; `folder` is where relative file names begin.
    pub fn read(&self, folder: &Path) -> Result<Secret, SecretError> {
        match self {
            Self::Variable(name) => std::env::var(name).map(Secret::from).map_err(|_| SecretError::Unset(name.clone())),
            Self::File(path) => read_file(&folder.join(expanded(path)?)),
        }
    }

    /// Reads `${NAME}` as written in a settings string.
    pub fn from_variable(text: &str) -> Option<Self> {
        let name = text.strip_prefix("${")?.strip_suffix('}')?;
        (!name.is_empty()).then(|| Self::Variable(name.to_owned()))
    }
}

fn expanded(path: &Path) -> Result<PathBuf, SecretError> {
    let text = path.to_string_lossy();
    let Some((name, rest)) = text.strip_prefix("${").and_then(|text| text.split_once('}')) else {
        return Ok(path.to_owned());
    };
    let value = std::env::var(name).map_err(|_| SecretError::Unset(name.to_owned()))?;
    Ok(PathBuf::from(value + rest))
}

fn read_file(path: &Path) -> Result<Secret, SecretError> {
    let unreadable = |error| SecretError::Unreadable(path.to_owned(), error);
    let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & 0o007 != 0 {
        return Err(SecretError::Exposed(path.to_owned(), mode));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        return Err(SecretError::Empty(path.to_owned()));
    }
    Ok(Secret::from(secret.to_owned()))
}

impl<'de> Deserialize<'de> for Source {
    /// From a string that may only be `${VARIABLE}`: a literal secret is refused without repeating it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_variable(&text).ok_or_else(|| {
            D::Error::custom(
                "a secret does not belong in the settings; write \"${VARIABLE}\", or use the key that ends in _file",
            )
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "${{{name}}}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn file(content: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_of_owner_and_group_is_read_without_its_line_end() {
        let (folder, _) = file("hunter2\n", 0o640);
        let secret = Source::File("password".into()).read(folder.path()).unwrap();
        assert_eq!(secret.expose_secret(), "hunter2");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_remedy() {
        let (folder, path) = file("hunter2", 0o644);
        let error = Source::File(path).read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("chmod o-rwx") && error.contains("644") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn an_unset_variable_is_named() {
        let error = Source::from_variable("${DOORBELL_NO_SUCH}").unwrap().read(Path::new("/")).unwrap_err();
        assert!(error.to_string().contains("DOORBELL_NO_SUCH"));
    }

    #[test]
    fn a_literal_password_is_refused_and_not_repeated() {
        #[derive(Debug, Deserialize)]
        struct Keys {
            #[expect(dead_code, reason = "only the error matters here")]
            password: Source,
        }
        let error = toml::from_str::<Keys>("password = \"hunter2\"").unwrap_err();
        assert!(error.message().contains("_file") && !error.message().contains("hunter2"));
    }
}
