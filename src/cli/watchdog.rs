//! A pass that does not come to its end is ended: it holds the ledger, and no other could ever begin.

use std::thread;
use std::time::Duration;

use super::{Exit, say};
use crate::config::Config;
use crate::deliver::email;

/// The last look at desk and ledger may take as many times the budget again, but no longer than a program that holds
/// the ledger is waited for.
const TIMES_THE_BUDGET: u32 = 4;
const LONGEST: Duration = Duration::from_mins(6);

/// Ends the process when a pass that begins now is not over by any reckoning.
///
/// That is safe at any moment, as a crash is: what was on the wire may go once more.
pub(super) fn watch(config: &Config, budget: Duration) {
    let within = budget + grace(config, budget);
    // not joined: it ends with the process
    thread::spawn(move || {
        thread::sleep(within);
        say::aside(&format!(
            "doorbell: run: the pass has not ended for {} s and its budget was {} s: it is ended now, and the next one \
             takes up what it left; see what hangs (desk, name server, a password from a pipe) with: doorbell check",
            within.as_secs(),
            budget.as_secs()
        ));
        std::process::exit(i32::from(Exit::TryLater.code()));
    });
}

/// How long a pass may rightly go on beyond its budget.
fn grace(config: &Config, budget: Duration) -> Duration {
    let mails = config.email.as_ref().map_or(Duration::ZERO, email::Settings::longest_attempt);
    let wire = mails.max(config.deliver.longest_attempt());
    wire + (budget * TIMES_THE_BUDGET).min(LONGEST)
}
