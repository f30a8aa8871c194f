//! Whether the ledger may stand where the settings put it.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::exit::SettingsError;
use super::open::folder_of;
use crate::ledger::Place;

/// Refuses a place where the ledger would lock out its owner, or where its locks would not hold.
pub(super) fn refuse_unfit(ledger: &Place) -> Result<()> {
    let Some(ledger) = ledger.path() else { return Ok(()) };
    let place = if ledger.exists() { ledger } else { folder_of(ledger) };
    refuse_root(place)?;
    refuse_network(ledger, place)
}

/// Files made by root would lock out the user whose crontab runs doorbell.
fn refuse_root(place: &Path) -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let look = || format!("ledger.path: look at {}; correct the path, or make the folder", place.display());
    let owner = std::fs::metadata(place).with_context(look)?.uid();
    if owner == 0 {
        return Ok(());
    }
    let message = format!(
        "{} belongs to user {owner}, and files made by root would lock that user out; run doorbell as that user",
        place.display()
    );
    Err(SettingsError(message).into())
}

/// A pass on another machine may not see this one's locks, and both would tell.
fn refuse_network(ledger: &Path, place: &Path) -> Result<()> {
    // what cannot be looked at has its own words as soon as it is opened
    let Ok(found) = rustix::fs::statfs(place) else { return Ok(()) };
    let [a, b, c, d, ..] = found.f_type.to_le_bytes();
    let Some(kind) = network(u32::from_le_bytes([a, b, c, d])) else { return Ok(()) };
    let message = format!(
        "ledger.path: {} is on a network file system ({kind}), where locks may not hold and people would be told twice; \
         name a file on a disk of this machine",
        ledger.display()
    );
    Err(SettingsError(message).into())
}

/// What a network file system is called; `None` for any other. The numbers are those of statfs(2).
fn network(magic: u32) -> Option<&'static str> {
    match magic {
        0x6969 => Some("NFS"),
        0x517B => Some("SMB"),
        0xFE53_4D42 | 0xFF53_4D42 => Some("CIFS"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_their_numbers() {
        // NFS, SMB, CIFS and SMB2 of linux/magic.h; then ext4, tmpfs, overlayfs and btrfs
        let magics = [0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0xEF53, 0x0102_1994, 0x794C_7630, 0x9123_683E];
        let (nfs, smb, cifs) = (Some("NFS"), Some("SMB"), Some("CIFS"));
        assert_eq!(magics.map(network), [nfs, smb, cifs, cifs, None, None, None, None]);
    }
}
