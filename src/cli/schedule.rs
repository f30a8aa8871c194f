//! `doorbell schedule`: when every rule runs next, and the lines that make it happen.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use chrono::Utc;
use clap::builder::RangedU64ValueParser;
use serde_json::json;

use super::{Exit, Format, Global, open, say, time};
use crate::schedule::next;

/// Show the next slots of every rule, and the crontab line and systemd units that serve them
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How many slots of each rule
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    count: usize,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let config = open::config(global)?;
    let zone = config.desk.time_zone.0;
    for scheduled in &config.rules {
        let name = scheduled.rule.name.as_str();
        let mut after = Utc::now();
        let slots = std::iter::from_fn(|| {
            let slot = next(&scheduled.schedule, zone, after)?;
            after = slot.at;
            Some(slot)
        });
        let slots: Vec<_> = slots.take(arguments.count).collect();
        if global.format == Format::Json {
            let slots: Vec<String> = slots.iter().map(|slot| slot.at.to_rfc3339()).collect();
            say::line(&json!({ "rule": name, "slots": slots }).to_string());
        } else {
            let slots: Vec<String> = slots.iter().map(|slot| time::shown(slot.at, zone)).collect();
            say::line(&format!("{name}\n  {}", slots.join("\n  ")));
        }
    }
    if global.format == Format::Human {
        say::text(&how_to_run(global)?);
    }
    Ok(Exit::Done)
}

/// Five minutes serve every schedule: slots that were missed by less than a day are made up for.
fn how_to_run(global: &Global) -> Result<String> {
    let program = env::current_exe().unwrap_or_else(|_| PathBuf::from("doorbell"));
    let settings = fs::canonicalize(open::settings_path(global))?;
    let command = format!("{} run --config {}", program.display(), settings.display());
    Ok(format!(
        "
crontab (crontab -e):
  */5 * * * * {command}

or systemd, as /etc/systemd/system/doorbell.service
  [Service]
  Type=oneshot
  User=doorbell
  ExecStart={command}
and /etc/systemd/system/doorbell.timer, then: systemctl enable --now doorbell.timer
  [Timer]
  OnCalendar=*:0/5
  Persistent=true
  [Install]
  WantedBy=timers.target
"
    ))
}
