//! A manual page in the making: headings, paragraphs, tagged items and examples as roff.

use roff::{Inline, Roff, bold, roman};

/// The roff crate quotes only what holds a space.
const EMPTY: &str = "\"\"";

/// A page that grows from top to bottom.
pub(super) struct Sheet {
    roff: Roff,
    /// True right after a heading, where a paragraph has begun already.
    fresh: bool,
}

impl Sheet {
    /// A page with its head and its NAME line.
    pub(super) fn new(name: &str, section: &str, manual: &str, purpose: &str) -> Self {
        let mut sheet = Self { roff: Roff::new(), fresh: false };
        let source = concat!("doorbell ", env!("CARGO_PKG_VERSION"));
        // a date would make the page of a release depend on the day of its build
        sheet.roff.control("TH", [name, section, EMPTY, source, manual]);
        // neither hyphens nor stretched lines: commands must be fit for copying
        sheet.roff.control("nh", []).control("ad", ["l"]);
        sheet.heading("NAME");
        sheet.paragraph(&format!("{name} - {purpose}"));
        sheet
    }

    pub(super) fn heading(&mut self, title: &str) {
        self.roff.control("SH", [title]);
        self.fresh = true;
    }

    pub(super) fn subheading(&mut self, title: &str) {
        self.roff.control("SS", [title]);
        self.fresh = true;
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.begin("PP");
        self.roff.text([roman(text)]);
    }

    /// A tag and what it stands for.
    pub(super) fn item(&mut self, tag: Vec<Inline>, text: &str) {
        self.fresh = false;
        self.roff.control("TP", []);
        self.roff.text(tag);
        self.roff.text([roman(text)]);
    }

    /// A tag in bold and what it stands for.
    pub(super) fn entry(&mut self, tag: &str, text: &str) {
        self.item(vec![bold(tag)], text);
    }

    /// A further paragraph of an item.
    pub(super) fn more(&mut self, text: Vec<Inline>) {
        self.roff.control("IP", []);
        self.roff.text(text);
    }

    /// Lines to copy, as they are.
    pub(super) fn example(&mut self, lines: &str) {
        self.begin("PP");
        self.roff.control("RS", ["4"]).control("nf", []);
        for line in lines.lines() {
            if line.is_empty() {
                self.roff.control("sp", []);
            } else {
                self.roff.text([roman(line)]);
            }
        }
        self.roff.control("fi", []).control("RE", []);
    }

    fn begin(&mut self, paragraph: &str) {
        if !std::mem::take(&mut self.fresh) {
            self.roff.control(paragraph, []);
        }
    }

    pub(super) fn text(&self) -> String {
        self.roff.render()
    }
}
