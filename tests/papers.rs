//! The papers of the house are true: commands, settings, SQL and links in them are tried.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use doorbell::config::Config;
use doorbell::desk::SCHEMA;
use doorbell::model::Language;
use doorbell::render::{Templates, sample_letter};
use rusqlite::Connection;

/// A paper: where it stands, and what it says.
struct Paper {
    path: PathBuf,
    text: String,
}

impl Paper {
    fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { path, text }
    }

    /// The code blocks of a language, in their order.
    fn blocks(&self, language: &str) -> Vec<String> {
        let opening = format!("```{language}");
        let mut blocks = Vec::new();
        let mut lines = self.text.lines();
        while let Some(line) = lines.by_ref().find(|line| line.starts_with("```")) {
            let block: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            if line == opening {
                blocks.push(block.join("\n") + "\n");
            }
        }
        blocks
    }

    /// The text without its code blocks.
    fn prose(&self) -> String {
        self.text.split("```").step_by(2).collect()
    }
}

/// The papers that tell people how to use doorbell.
fn guides() -> Vec<Paper> {
    let docs = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")).unwrap();
    let mut names: Vec<String> = docs
        .map(|entry| format!("docs/{}", entry.unwrap().file_name().into_string().unwrap()))
        .filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "md"))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names.extend(["README.md", "contrib/README.md", "contrib/web/README.md"].map(String::from));
    names.iter().map(|name| Paper::read(name)).collect()
}

/// What `doorbell --help` lists under "Commands:".
fn commands() -> BTreeSet<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_doorbell")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // a continued description is indented further
    let names = list.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    names.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// The words after "doorbell " where a paper writes a command line: in code, not in prose.
fn named_commands(paper: &Paper) -> BTreeSet<String> {
    let blocks = paper.text.split("```").skip(1).step_by(2);
    let prose = paper.prose();
    let spans = prose.split('`').skip(1).step_by(2);
    let mut names = BTreeSet::new();
    // `adduser` takes a user of that name
    for line in blocks.flat_map(str::lines).chain(spans).filter(|line| !line.starts_with("adduser")) {
        for rest in line.split("doorbell ").skip(1) {
            let word: String =
                rest.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '-').collect();
            if !word.is_empty() && !word.starts_with('-') {
                names.insert(word);
            }
        }
    }
    names
}

#[test]
fn every_command_that_the_papers_name_exists() {
    let commands = commands();
    assert!(commands.contains("run"), "{commands:?}");
    for paper in guides() {
        let unknown: Vec<_> = named_commands(&paper).difference(&commands).cloned().collect();
        assert!(unknown.is_empty(), "{}: no such command: {unknown:?}", paper.path.display());
    }
}

#[test]
fn every_command_stands_in_the_readme() {
    let mut commands = commands();
    commands.remove("help");
    let named = named_commands(&Paper::read("README.md"));
    let left_out: Vec<_> = commands.difference(&named).collect();
    assert!(left_out.is_empty(), "README.md does not name {left_out:?}");
}

#[test]
fn every_settings_file_that_the_papers_show_is_accepted() {
    let mut tried = 0;
    for paper in guides() {
        for block in paper.blocks("toml").iter().filter(|block| block.starts_with("[desk]")) {
            if let Err(mistake) = Config::parse(block, Path::new("doorbell.toml")) {
                panic!("{}: {mistake}", paper.path.display());
            }
            tried += 1;
        }
    }
    assert!(tried >= 3, "only {tried} settings files were found");
}

/// A fresh desk, and whether its first conversation waits for an answer and for a reader.
struct Desk(Connection);

impl Desk {
    fn fresh() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        Self(connection)
    }

    #[track_caller]
    fn after(&self, sql: &str, unreplied: bool, unread: bool) {
        self.0.execute_batch(sql).unwrap_or_else(|error| panic!("{error} in\n{sql}"));
        let read = "SELECT waiting_since IS NOT NULL, unread_since IS NOT NULL FROM conversations WHERE id = 1";
        let waits = self.0.query_row(read, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!((unreplied, unread), waits, "unreplied and unread after\n{sql}");
    }
}

#[test]
fn the_first_rows_of_the_readme_make_a_conversation_wait() {
    let blocks = Paper::read("README.md").blocks("sql");
    let [rows] = blocks.as_slice() else { panic!("the README shows {} blocks of SQL", blocks.len()) };
    Desk::fresh().after(rows, true, true);
}

#[test]
fn the_worked_example_of_the_desk_does_what_it_says() {
    let blocks = Paper::read("docs/desk.md").blocks("sql");
    let [message, note, look, answer, presence, beside @ .., all, one] = blocks.as_slice() else {
        panic!("docs/desk.md shows {} blocks of SQL", blocks.len())
    };
    let desk = Desk::fresh();
    desk.after(message, true, true);
    desk.after(note, true, true);
    desk.after(look, true, false);
    desk.after(answer, false, false);
    desk.after(presence, false, false);
    for rows in beside {
        desk.after(rows, false, false);
    }
    for recompute in [all, one] {
        desk.0.execute_batch("UPDATE conversations SET waiting_since = 1, unread_since = 1").unwrap();
        desk.after(recompute, false, false);
    }
}

#[test]
fn the_template_set_of_the_papers_passes_the_check() {
    let paper = Paper::read("docs/templates.md");
    let example = paper.text.split("## A complete set").nth(1).unwrap();
    let example = Paper { path: paper.path.clone(), text: example.split("\n## ").next().unwrap().to_owned() };
    let folder = tempfile::tempdir().unwrap();
    let prose = example.prose();
    let names: Vec<&str> = prose.split('`').skip(1).step_by(2).collect();
    let blocks = example.blocks("handlebars");
    assert_eq!((names.len(), blocks.len()), (4, 4), "{names:?}");
    for (name, block) in names.iter().zip(&blocks) {
        fs::write(folder.path().join(name), block).unwrap();
    }
    let templates = Templates::load(Some(folder.path()), &["short"]).unwrap_or_else(|error| panic!("{error}"));
    let mut letter = sample_letter("2026-03-02T09:00:00Z".parse().unwrap());
    letter.entries.truncate(1);
    let words = templates.render("short", &letter).unwrap();
    assert_eq!(words.subject, "Tom Becker waits: #1042 Invoice question");
    assert!(words.text.contains("> Guten Morgen,"), "{}", words.text);
    assert!(words.html.contains("<h2>Tom Becker, #1042 Invoice question</h2>"), "{}", words.html);
}

#[test]
fn the_german_example_of_the_papers_has_no_english_in_it() {
    let paper = Paper::read("docs/templates.md");
    let section = paper.text.split("## Several languages").nth(1).unwrap().split("\n## ").next().unwrap().to_owned();
    let blocks = Paper { path: paper.path, text: section }.blocks("handlebars");
    let [text] = blocks.as_slice() else { panic!("{} examples", blocks.len()) };
    let folder = tempfile::tempdir().unwrap();
    for (part, words) in [("subject", "{{total}} offen"), ("txt", text), ("html", "<p>{{total}}</p>")] {
        fs::write(folder.path().join(format!("digest.de.{part}.hbs")), words).unwrap();
    }
    let templates = Templates::load(Some(folder.path()), &[]).unwrap_or_else(|error| panic!("{error}"));
    let mut letter = sample_letter("2026-03-02T09:00:00Z".parse().unwrap());
    letter.language = Language::parse("de-AT");
    letter.entries.truncate(1);
    letter.more = 2;
    let words = templates.render("", &letter).unwrap().text;
    assert!(words.starts_with("Unbeantwortet seit 2026-03-02 06:40 CET (3 h 20 min): Tom Becker\n> Guten"), "{words}");
    assert!(words.ends_with("Zum Gespräch: https://desk.example.com/inbox/1042\n\nUnd 2 weitere.\n"), "{words}");
}

#[test]
fn every_field_that_templates_may_use_is_described() {
    let paper = Paper::read("docs/templates.md");
    let spans: BTreeSet<&str> = paper.text.split('`').collect();
    let folder = tempfile::tempdir().unwrap();
    let unknown = "{{a_field_that_nobody_would_think_of}}";
    for part in ["subject", "txt", "html"] {
        fs::write(folder.path().join(format!("digest.{part}.hbs")), unknown).unwrap();
    }
    // the error lists every field
    let remedy = Templates::load(Some(folder.path()), &[]).unwrap_err().remedy;
    let fields: Vec<&str> = remedy.strip_prefix("the fields are ").unwrap().split(", ").collect();
    let left_out: Vec<_> = fields.into_iter().filter(|field| !spans.contains(field)).collect();
    assert!(left_out.is_empty(), "docs/templates.md does not describe {left_out:?}");
}

#[test]
fn every_link_and_picture_of_the_papers_leads_somewhere() {
    let mut papers = guides();
    papers.extend(["CONTRIBUTING.md", "CHANGELOG.md"].map(Paper::read));
    for paper in papers {
        let prose = paper.prose();
        let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://") && !target.starts_with('#')) {
            let file = target.split('#').next().unwrap();
            let there = paper.path.parent().unwrap().join(file).exists();
            assert!(there, "{}: {target} is not there", paper.path.display());
        }
    }
}

#[test]
fn the_two_commands_stand_alone_in_the_readme() {
    let readme = Paper::read("README.md");
    let blocks = readme.blocks("");
    for command in ["make demo\n", "make test\n"] {
        assert!(blocks.iter().any(|block| block == command), "{command} has no block of its own");
    }
}

/// What `make behaviours` lists as kept by a test, by id.
fn kept() -> BTreeSet<String> {
    let output = Command::new(".ci/behaviours").current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().skip(2).filter(|row| !row.contains("none yet"));
    rows.filter_map(|row| Some(row.strip_prefix("| ")?.split_once(' ')?.0.to_owned())).collect()
}

#[test]
fn every_behaviour_that_is_promised_by_now_has_a_test() {
    let series = |letter: &'static str, numbers: &'static [u32]| numbers.iter().map(move |it| format!("{letter}{it}"));
    let promised: BTreeSet<String> = series("U", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        .chain(series("B", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]))
        .chain(series("M", &[1, 2, 3, 4, 5, 6, 7]))
        .chain(series("C", &[1, 2, 3, 4, 5, 6, 7, 8, 9]))
        .chain(series("X", &[1, 2, 3, 4, 5, 6, 9, 10, 11, 12]))
        .collect();
    let kept = kept();
    let missing: Vec<&String> = promised.difference(&kept).collect();
    assert!(missing.is_empty(), "no test has the ids {missing:?}; see make behaviours");
}
