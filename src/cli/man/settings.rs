//! doorbell.toml(5): the example settings, which name every key, as a manual page.

use roff::{bold, roman};

use super::sheet::Sheet;

const EXAMPLE: &str = include_str!("../../../config.example.toml");

/// What was read above a line.
#[derive(Default)]
struct Reader {
    comment: Vec<&'static str>,
    seen: Vec<String>,
    key: &'static str,
    whole: Vec<&'static str>,
}

/// The page as roff.
pub(super) fn page() -> String {
    let mut sheet = Sheet::new("doorbell.toml", "5", "File Formats", "the settings of doorbell");
    sheet.heading("DESCRIPTION");
    sheet.paragraph(
        "The settings file is TOML. doorbell reads the file that --config or DOORBELL_CONFIG names, else \
         ./doorbell.toml, else /etc/doorbell/doorbell.toml. A key that doorbell does not know is an error, and \
         doorbell check finds it.",
    );
    let mut reader = Reader::default();
    // the first lines are about the file, not about its keys
    let keys = EXAMPLE.split_once("\n\n").map_or(EXAMPLE, |(_, keys)| keys);
    keys.lines().for_each(|line| reader.read(&mut sheet, line));
    sheet.heading("EXAMPLES");
    sheet.paragraph("Further rules:");
    sheet.example(reader.whole.join("\n").trim_end());
    sheet.heading("SEE ALSO");
    sheet.paragraph("doorbell(1)");
    sheet.text()
}

impl Reader {
    fn read(&mut self, sheet: &mut Sheet, line: &'static str) {
        let section = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        if let Some(title) = section.map(heading) {
            // a second rule shows how rules look together: it is an example as a whole
            if self.seen.contains(&title) || !self.whole.is_empty() {
                self.whole.push(line);
                return;
            }
            sheet.heading(&title);
            sheet.paragraph(&self.comment.join(" "));
            self.comment.clear();
            self.key = "";
            self.seen.push(title);
        } else if !self.whole.is_empty() {
            self.whole.push(line);
        } else if let Some(text) = line.strip_prefix("# ") {
            self.comment.push(text);
        } else if let Some((key, value)) = line.trim_start_matches('#').split_once(" = ") {
            self.setting(sheet, key, value, line.starts_with('#'));
        } else if self.seen.is_empty() {
            self.comment.drain(..).for_each(|text| sheet.paragraph(text));
        }
    }

    fn setting(&mut self, sheet: &mut Sheet, key: &'static str, value: &str, example: bool) {
        let words = self.comment.join(" ");
        let label = if example || words.contains("Required") { "Example: " } else { "Default: " };
        if self.key == key {
            sheet.more(vec![roman(words)]);
        } else {
            sheet.entry(key, &words);
        }
        sheet.more(vec![roman(label), bold(format!("{key} = {value}"))]);
        self.comment.clear();
        self.key = key;
    }
}

/// The names of people and rules are the operator's own.
fn heading(section: &str) -> String {
    match section.split_once('.') {
        Some((kind @ ("people" | "rule"), _)) => format!("[{kind}.NAME]"),
        _ => format!("[{section}]"),
    }
}
