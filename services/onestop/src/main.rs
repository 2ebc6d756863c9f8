//! The command `onestop`.

use std::io;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use host::{Telemetry, TelemetryOptions};
use mimalloc::MiMalloc;
use onestop::cli::{Cli, Command};
use onestop::settle::Mode;

/// A settlement is many small messages that one thread makes and another drops, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever reads the output has seen enough.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("onestop: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Runs the command; answers whether everything that was asked for succeeded.
#[tokio::main]
async fn run(cli: Cli) -> Result<bool> {
    let telemetry = Telemetry::start(&TelemetryOptions {
        service_name: service_name(&cli.command),
        log_filter: cli.telemetry.log,
        log_format: cli.telemetry.log_format,
        otlp_endpoint: cli.telemetry.otlp_endpoint,
    })?;
    let outcome = match cli.command {
        Command::Serve(args) => onestop::serve::serve(args).await.map(|()| true),
        Command::Settle(args) => onestop::settle::settle(args, Mode::Settle).await,
        Command::Preview(args) => onestop::settle::settle(args, Mode::Preview).await,
        Command::Explain(args) => onestop::explain::explain(args).await,
        Command::Cancel(args) => onestop::adjust::cancel(args).await,
        Command::Reverse(args) => onestop::adjust::reverse(args).await,
        Command::Readjudicate(args) => onestop::adjust::readjudicate(args).await,
        Command::History(args) => onestop::history::history(args).await,
        Command::Feed(args) => onestop::feed::feed(args).await,
        Command::Audit(args) => onestop::audit::audit(args).await,
        Command::Import(args) => onestop::import::import(args).await,
        Command::Account(command) => onestop::account::run(command).await,
        Command::Person(command) => onestop::facts::person(command).await,
        Command::Institution(command) => onestop::facts::institution(command).await,
        Command::Catalogue(command) => onestop::facts::catalogue(command).await,
        Command::Dictionary(command) => onestop::dictionary::run(command),
        Command::Keys(command) => onestop::facts::keys(command).await,
        Command::Generate(args) => onestop::generate::generate(&args).map(|()| true),
        Command::Subsidies(args) => onestop::subsidies::subsidies(&args),
        Command::Rules(command) => onestop::rules::run(command),
    };
    // Sending the last traces waits for the network.
    tokio::task::spawn_blocking(|| telemetry.finish()).await?;
    outcome
}

fn service_name(command: &Command) -> String {
    match command {
        Command::Serve(args) => format!("onestop-{}", args.target.name()),
        Command::Settle(_)
        | Command::Preview(_)
        | Command::Explain(_)
        | Command::Cancel(_)
        | Command::Reverse(_)
        | Command::Readjudicate(_)
        | Command::History(_)
        | Command::Feed(_)
        | Command::Audit(_)
        | Command::Import(_)
        | Command::Account(_)
        | Command::Person(_)
        | Command::Institution(_)
        | Command::Catalogue(_)
        | Command::Dictionary(_)
        | Command::Keys(_)
        | Command::Generate(_)
        | Command::Subsidies(_)
        | Command::Rules(_) => "onestop".to_owned(),
    }
}
