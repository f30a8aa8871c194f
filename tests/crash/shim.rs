//! `shim.c`, built for one test: what stands between a pass and its system calls.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::io::Errno;

/// Why a call fails: what the disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Broken,
    Full,
    ReadOnly,
}

/// How many calls fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasting {
    Once,
    FromThenOn,
}

/// The library; it is there for as long as this lives.
pub(crate) struct Shim {
    _folder: tempfile::TempDir,
    library: PathBuf,
}

impl Shim {
    pub(crate) fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("shim.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/crash/shim.c");
        let mut cc = Command::new("cc");
        cc.args(["-std=gnu11", "-Wall", "-Wextra", "-O2", "-shared", "-fPIC", source, "-o"]).arg(&library);
        let built = match cc.output() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => panic!("cc is missing: install gcc"),
            built => built.unwrap(),
        };
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        Self { _folder: folder, library }
    }

    /// Kills a pass in its k-th call on the folder or on the wire; what it syncs until then is kept under `disk`.
    pub(crate) fn kill(&self, pass: &mut Command, k: usize, folder: &Path, disk: &Path) {
        self.stand_before(pass, k, folder).env("SHIM_DISK", disk);
    }

    /// Lets the k-th call of a pass on the files whose path begins so fail.
    pub(crate) fn fail(&self, pass: &mut Command, k: usize, files: &Path, fault: Fault, lasting: Lasting) {
        self.stand_before(pass, k, files).env("SHIM_FAULT", number(fault).to_string());
        if lasting == Lasting::FromThenOn {
            pass.env("SHIM_STICKY", "1");
        }
    }

    fn stand_before<'a>(&self, pass: &'a mut Command, k: usize, watched: &Path) -> &'a mut Command {
        pass.env("LD_PRELOAD", &self.library).env("SHIM_WATCHED", watched).env("SHIM_STRIKE", k.to_string())
    }
}

/// The error number on Linux.
fn number(fault: Fault) -> i32 {
    let error = match fault {
        Fault::Broken => Errno::IO,
        Fault::Full => Errno::NOSPC,
        Fault::ReadOnly => Errno::ROFS,
    };
    error.raw_os_error()
}
