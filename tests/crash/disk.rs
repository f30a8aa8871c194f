//! A disk as a power cut leaves it: a content is there when its file was synced, a name when its folder was; of what
//! was not, either nothing is there or any part.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs::{self, DirEntry};
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::chance::Chance;

/// A disk writes so many bytes at once.
const SECTOR: usize = 512;

/// What is durable of a folder: contents and lists of names by inode, as `shim.c` keeps them.
pub(crate) struct Disk(tempfile::TempDir);

/// What was on its way to the disk when the power went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsynced {
    /// All of it is lost.
    Lost,
    /// Each sector and each name is there or not, as chance has it.
    Torn,
}

/// What a power cut leaves under a name.
enum Left {
    File(Vec<u8>),
    Folder(BTreeMap<String, Left>),
}

impl Disk {
    /// Everything that is in the folder now is durable.
    pub(crate) fn of(folder: &Path) -> Self {
        // beside it, so that both are on one file system, and a file that has no name any more can have one here
        let disk = Self(tempfile::tempdir_in(folder.parent().unwrap()).unwrap());
        disk.keep(folder);
        disk
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Cuts the power: the folder is then as it would be found.
    pub(crate) fn cut(self, folder: &Path, unsynced: Unsynced, chance: &mut Chance) -> Self {
        let left = self.left(fs::metadata(folder).unwrap().ino(), folder, unsynced, chance);
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let remove = if entry.path().is_dir() { fs::remove_dir_all } else { fs::remove_file };
            remove(entry.path()).unwrap();
        }
        write(folder, left);
        Self::of(folder)
    }

    fn keep(&self, folder: &Path) {
        let mut names = String::new();
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            writeln!(names, "{} {}", entry.ino(), name(&entry)).unwrap();
            if entry.path().is_dir() {
                self.keep(&entry.path());
            } else {
                fs::copy(entry.path(), self.content(entry.ino())).unwrap();
            }
        }
        fs::write(self.names(fs::metadata(folder).unwrap().ino()), names).unwrap();
    }

    /// What is in a folder after the cut.
    fn left(&self, inode: u64, folder: &Path, unsynced: Unsynced, chance: &mut Chance) -> BTreeMap<String, Left> {
        let durable = self.durable_names(inode);
        let current: BTreeMap<String, u64> = match fs::read_dir(folder) {
            Ok(entries) => entries.map(Result::unwrap).map(|entry| (name(&entry), entry.ino())).collect(),
            Err(_) => BTreeMap::new(),
        };
        let mut left = BTreeMap::new();
        for name in durable.keys().chain(current.keys()).collect::<BTreeSet<_>>() {
            let (before, now) = (durable.get(name), current.get(name));
            let is_lost = unsynced == Unsynced::Lost || chance.coin();
            let Some(inode) = (if is_lost { before } else { now }) else { continue };
            let gone = self.path().join(format!("{inode}.gone"));
            let path = if now == Some(inode) { folder.join(name) } else { gone };
            let what = if path.is_dir() {
                Left::Folder(self.left(*inode, &path, unsynced, chance))
            } else {
                let durable = fs::read(self.content(*inode)).unwrap_or_default();
                // what was renamed has another name now; it was synced before
                let current = fs::read(&path).unwrap_or_else(|_| durable.clone());
                Left::File(match unsynced {
                    Unsynced::Lost => durable,
                    Unsynced::Torn => torn(&durable, &current, chance),
                })
            };
            left.insert(name.clone(), what);
        }
        left
    }

    fn durable_names(&self, folder: u64) -> BTreeMap<String, u64> {
        // a folder that was never synced keeps no names
        let text = fs::read_to_string(self.names(folder)).unwrap_or_default();
        let pair = |line: &str| {
            let (inode, name) = line.split_once(' ').unwrap();
            (name.to_owned(), inode.parse().unwrap())
        };
        text.lines().map(pair).collect()
    }

    fn content(&self, file: u64) -> PathBuf {
        self.path().join(file.to_string())
    }

    fn names(&self, folder: u64) -> PathBuf {
        self.path().join(format!("{folder}.names"))
    }
}

fn name(entry: &DirEntry) -> String {
    entry.file_name().into_string().unwrap()
}

/// A file of which some sectors were written and others not; where neither was, there are zeros.
fn torn(durable: &[u8], current: &[u8], chance: &mut Chance) -> Vec<u8> {
    let length = if chance.coin() { durable.len() } else { current.len() };
    let mut left = vec![0; length];
    for (index, sector) in left.chunks_mut(SECTOR).enumerate() {
        let source = if chance.coin() { durable } else { current };
        let there = source.get(index * SECTOR..).unwrap_or_default();
        let there = &there[..there.len().min(sector.len())];
        sector[..there.len()].copy_from_slice(there);
    }
    left
}

fn write(folder: &Path, left: BTreeMap<String, Left>) {
    for (name, what) in left {
        let path = folder.join(name);
        match what {
            Left::File(bytes) => fs::write(path, bytes).unwrap(),
            Left::Folder(names) => {
                fs::create_dir(&path).unwrap();
                write(&path, names);
            }
        }
    }
}
