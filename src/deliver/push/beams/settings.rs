//! `[push.beams]` in the settings.

use std::path::PathBuf;

use serde::Deserialize;

use super::super::super::http::Endpoint;
use super::super::key::{self, Uuid};
use crate::notation::Source;

/// What `[push.beams]` says.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub(in crate::deliver::push) struct Settings {
    pub(super) instance: Uuid,
    pub(super) key: Source,
    pub(super) endpoint: Option<Endpoint>,
}

/// The keys of `[push.beams]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The instance's id.
    instance: Uuid,
    /// Its secret key as `${VARIABLE}`.
    key: Option<Source>,
    /// The file that holds it.
    key_file: Option<PathBuf>,
    /// Another address of the network.
    endpoint: Option<Endpoint>,
}

impl TryFrom<Written> for Settings {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, &'static str> {
        let Written { instance, key, key_file, endpoint } = written;
        Ok(Self { instance, key: key::source(key, key_file)?, endpoint })
    }
}
