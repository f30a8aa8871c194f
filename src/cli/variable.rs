//! `DOORBELL_CONFIG`: set to nothing it names no file, as in every other program; `--config ""` is a mistake.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{Arg, Command, Error};

/// Reads a path; an empty one only from the environment.
#[derive(Debug, Clone)]
pub(super) struct MayBeEmpty;

impl TypedValueParser for MayBeEmpty {
    type Value = PathBuf;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<PathBuf, Error> {
        PathBufValueParser::new().parse_ref(command, argument, value)
    }

    fn parse_ref_(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
        source: ValueSource,
    ) -> Result<PathBuf, Error> {
        if value.is_empty() && source == ValueSource::EnvVariable {
            return Ok(PathBuf::new());
        }
        self.parse_ref(command, argument, value)
    }
}
