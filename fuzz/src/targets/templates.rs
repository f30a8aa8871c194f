//! The operator's own templates, with hostile letters: an error that names its line, or words in which what strangers
//! wrote stays text.
//!
//! Pieces: subject, text, HTML, a partial for both, and then a name, a subject line and a message of a stranger. An empty
//! template is doorbell's own.

use std::fs;

use chrono::DateTime;
use doorbell::model::{Letter, Show};
use doorbell::render::{Templates, sample_letter};

use super::{clean, texts};

/// Files in a template folder, by piece.
const FILES: [(&str, usize); 5] = [
    ("digest.subject.hbs", 0),
    ("digest.txt.hbs", 1),
    ("digest.html.hbs", 2),
    ("_part.txt.hbs", 3),
    ("_part.html.hbs", 3),
];
/// A tag that no template writes by itself.
const MARK: &str = "zq7";
const LARGEST_DIGEST: usize = 256 * 1024;

pub fn holds(bytes: &[u8]) {
    let texts: [String; 7] = texts(bytes);
    let folder = tempfile::tempdir().unwrap();
    for (name, piece) in FILES {
        if !texts[piece].is_empty() {
            fs::write(folder.path().join(name), &texts[piece]).unwrap();
        }
    }
    let own = texts[..4].concat();
    match Templates::load(Some(folder.path()), &[]) {
        Ok(templates) => letters(&texts).iter().for_each(|letter| is_rendered(&templates, letter, &own)),
        Err(error) => {
            let piece = FILES.iter().find(|(name, _)| *name == error.file).map(|(_, piece)| *piece);
            let lines = piece.map_or(0, |piece| texts[piece].split('\n').count());
            assert!(error.line.is_none_or(|line| (1..=lines).contains(&line)), "there is no such line: {error}");
            assert!(!error.reason.is_empty() && !error.remedy.is_empty(), "{error:?}");
        }
    }
}

/// A letter of strangers' words, and the same with one conversation, without contents, and with many.
fn letters(texts: &[String; 7]) -> [Letter; 3] {
    let mut letter = sample_letter(DateTime::UNIX_EPOCH);
    let hostile = format!("<{MARK} onclick='x'>\"{{{{evil}}}}\u{202e}\r\n{MARK}://");
    for entry in &mut letter.entries {
        entry.sender = Some(texts[4].clone() + &hostile);
        entry.subject = Some(texts[5].clone() + &hostile);
        entry.body = texts[6].clone() + &hostile;
        entry.link = Some(format!("javascript:{MARK}"));
        entry.attachments.iter_mut().for_each(|file| file.filename.clone_from(&hostile));
        entry.show = Show::Conversation;
    }
    letter.recipient.name.clone_from(&hostile);
    let (mut silent, mut many) = (letter.clone(), letter.clone());
    silent.entries.truncate(1);
    silent.entries[0].show = Show::None;
    many.entries = many.entries.into_iter().cycle().take(60).collect();
    [letter, silent, many]
}

fn is_rendered(templates: &Templates, letter: &Letter, own: &str) {
    let words = match templates.render("digest", letter) {
        Ok(words) => words,
        Err(error) => {
            assert!(!error.to_string().contains(MARK), "an error says what people wrote: {error}");
            return;
        }
    };
    clean::line("a subject", &words.subject);
    clean::at_most("a subject", &words.subject, 150);
    assert!(words.subject.len() + words.text.len() + words.html.len() <= LARGEST_DIGEST);
    if !own.contains(MARK) {
        for raw in [format!("<{MARK}"), format!("javascript:{MARK}")] {
            assert!(!words.html.contains(&raw), "what a stranger wrote became HTML: {}", words.html);
        }
    }
}
