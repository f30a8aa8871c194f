//! The command line: one file per command. Only here the clock is read and connections are opened.

mod adapter;
mod approve;
mod baseline;
mod check;
mod completions;
mod deliveries;
mod demo;
mod exit;
mod explain;
mod forget;
mod home;
mod init;
mod lock;
mod man;
mod open;
mod pause;
mod ping;
mod place;
mod plan;
mod preview;
mod receive;
mod rehearsal;
mod remedy;
mod run;
mod say;
mod schedule;
mod send_test;
mod signals;
mod status;
mod summary;
mod suppress;
mod templates;
mod textfile;
mod time;
mod uninstall;
mod vapid;
mod variable;
mod watchdog;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub use exit::Exit;

/// Tells people about chat and helpdesk messages that nobody has read or answered
///
/// A pass looks for conversations that wait, decides who must hear about each and why,
/// sends one digest per person, and remembers what was told, so that nothing is lost and
/// nothing is told twice. Run it from cron:
///
///     */5 * * * * doorbell run
#[derive(Debug, Parser)]
#[command(name = "doorbell", version, verbatim_doc_comment, after_help = exit::HELP, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, clap::Args)]
struct Global {
    /// The settings file [default: ./doorbell.toml, else /etc/doorbell/doorbell.toml]
    #[arg(long, short, global = true, value_name = "FILE", env = "DOORBELL_CONFIG", value_parser = variable::MayBeEmpty)]
    config: Option<PathBuf>,
    /// How to print results
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Say more; twice for details
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say only what went wrong
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For programs
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Check(check::Arguments),
    Init(init::Arguments),
    Demo(demo::Arguments),
    Explain(explain::Arguments),
    Plan(plan::Arguments),
    Schedule(schedule::Arguments),
    Preview(preview::Arguments),
    SendTest(send_test::Arguments),
    Templates(templates::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
    Status(status::Arguments),
    Deliveries(deliveries::Arguments),
    Approve(approve::Arguments),
    Suppress(suppress::Arguments),
    Pause(pause::Pause),
    Resume(pause::Resume),
    Baseline(baseline::Arguments),
    Forget(forget::Arguments),
    Adopt(home::Arguments),
    Receive(receive::Arguments),
    Vapid(vapid::Arguments),
    Adapter(adapter::Arguments),
    Uninstall(uninstall::Arguments),
}

/// Does what was asked; prints what went wrong, once.
pub fn run(cli: Cli) -> Exit {
    say::start_log(&cli.global);
    // the first to install a provider wins; there is only this one
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let Cli { global, command } = cli;
    let result = match command {
        Command::Run(arguments) => run::run(&global, &arguments),
        Command::Check(arguments) => check::run(&global, &arguments),
        Command::Init(arguments) => init::run(&global, &arguments),
        Command::Demo(arguments) => demo::run(&global, &arguments),
        Command::Explain(arguments) => explain::run(&global, &arguments),
        Command::Plan(arguments) => plan::run(&global, &arguments),
        Command::Schedule(arguments) => schedule::run(&global, &arguments),
        Command::Preview(arguments) => preview::run(&global, &arguments),
        Command::SendTest(arguments) => send_test::run(&global, &arguments),
        Command::Templates(arguments) => templates::run(&global, &arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
        Command::Status(arguments) => status::run(&global, &arguments),
        Command::Deliveries(arguments) => deliveries::run(&global, &arguments),
        Command::Approve(arguments) => approve::run(&global, &arguments),
        Command::Suppress(arguments) => suppress::run(&global, &arguments),
        Command::Pause(_) => pause::pause(&global),
        Command::Resume(_) => pause::resume(&global),
        Command::Baseline(arguments) => baseline::run(&global, &arguments),
        Command::Forget(arguments) => forget::run(&global, &arguments),
        Command::Adopt(_) => home::adopt(&global),
        Command::Receive(arguments) => receive::run(&global, &arguments),
        Command::Vapid(arguments) => vapid::run(&global, &arguments),
        Command::Adapter(arguments) => adapter::run(&global, &arguments),
        Command::Uninstall(arguments) => uninstall::run(&global, &arguments),
    };
    result.unwrap_or_else(|error| {
        say::error(&error);
        Exit::of(&error)
    })
}
