//! Where a template writes to: it has an end, and who writes on is told so.

use std::io::{self, Write};

/// The parts of a digest, one after the other, and the room that is left for them together.
pub(super) struct Page {
    written: Vec<u8>,
    room: usize,
    is_full: bool,
}

impl Page {
    /// Room for so many bytes.
    pub(super) fn new(room: usize) -> Self {
        Self { written: Vec::new(), room, is_full: false }
    }

    /// Whether something did not find room.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// What was written since the last time.
    pub(super) fn take(&mut self) -> String {
        // only whole texts are written
        String::from_utf8(std::mem::take(&mut self.written)).unwrap_or_default()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(room) = self.room.checked_sub(bytes.len()) else {
            self.is_full = true;
            return Err(io::ErrorKind::StorageFull.into());
        };
        self.room = room;
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_share_the_room() {
        let mut page = Page::new(10);
        page.write_all(b"subject").unwrap();
        assert_eq!(page.take(), "subject");
        page.write_all(b"txt").unwrap();
        assert!(!page.is_full());
        assert!(page.write_all(b"x").is_err() && page.is_full());
        assert_eq!(page.take(), "txt");
    }
}
