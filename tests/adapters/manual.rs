//! The manual of adapters is true: its worked example is carried out word by word.

use std::fs;

use mail_parser::MessageParser;

use crate::servers::{Postgres, finish};
use crate::site::Site;

/// The code blocks of the worked example: tables, adapter, settings, rights, and what check says.
fn blocks() -> [String; 5] {
    let manual = fs::read_to_string("docs/adapters.md").unwrap();
    let example = manual.split("## Write your own").nth(1).unwrap().split("\n## ").next().unwrap();
    let blocks = example.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap().1.to_owned());
    blocks.collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn the_worked_example_of_the_manual_works() {
    let [tables, adapter, settings, rights, said] = blocks();
    let server = Postgres::start().unwrap();
    server.ask("postgres", "CREATE DATABASE pigeonhole").unwrap();
    for sql in [&tables, &rights] {
        finish(server.client("pigeonhole").unwrap().args(["-c", sql])).unwrap();
    }
    let site = Site::new("postgres://nobody@db.example.com/nothing", "chatwoot");
    let url = format!("postgres://doorbell@/pigeonhole?host={}", server.host().display());
    let settings = settings.replace("postgres://doorbell@db.example.com/pigeonhole", &url);
    let way_out = format!("127.0.0.1:{}\"\nsecurity = \"none", site.server.port);
    fs::write(site.path().join("doorbell.toml"), settings.replace("smtp.example.com:465", &way_out)).unwrap();
    fs::write(site.path().join("pigeonhole.sql"), adapter).unwrap();

    let check = site.ends(&["check"], 0);
    assert!(said.lines().all(|line| check.contains(line)), "{check}");
    let told = site.ends(&["run", "--dry-run"], 0);
    assert!(told.contains("1 digest would go out") && told.contains("Ada"), "{told}");
    assert!(told.contains("#101") && !told.contains("102"), "{told}");
    for _ in 0..2 {
        site.ends(&["run"], 0);
        let mails = site.server.accepted();
        let mail = MessageParser::default().parse(&mails[0].bytes).unwrap();
        assert_eq!((mails.len(), mails[0].recipients[0].as_str()), (1, "ada@example.com"));
        assert!(mail.body_text(0).unwrap().contains("Where is my order?"));
    }
    let said = site.ends(&["explain", "102"], 0);
    assert!(said.contains("Bob") && said.contains("answered"), "{said}");
    let said = site.ends(&["explain", "70000000-0000-4000-8000-000000000001"], 0);
    assert!(said.contains("assigned to Ada"), "{said}");
}
