//! Parses the command line, calls, prints the error chain once, and leaves with a documented status.

use std::process::ExitCode;

use clap::Parser;

use doorbell::cli::{Cli, Exit, run};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // help and version are no errors; clap's own status for the others is 2, sysexits' is 64
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = error.print();
            return exit.into();
        }
    };
    run(cli).into()
}
