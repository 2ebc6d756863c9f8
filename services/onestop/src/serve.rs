//! `onestop serve`.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use claim::PayerId;
use host::{Clock, Server, shutdown_signal};
use individual_account::IndividualAccount;
use orchestrator::{OneStopService, Orchestrator, PayerWay, Recovery, payer_over, register_over};
use rulebook::{Lookup, Rulebook};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{RulesArgs, ServeArgs, Target};
use crate::lock::StoreLock;
use crate::platform::{self, Payer, Platform};
use crate::rules;

/// Serves until the process is asked to stop, then finishes what was accepted.
///
/// # Errors
/// Where a store, the rules, an endpoint or the address cannot be used.
pub async fn serve(args: ServeArgs) -> Result<()> {
    let lookup = Lookup::new(rules_to_serve(&args.rules, args.production)?);
    let reload = tokio::spawn(reload_on_hangup(args.rules.clone(), args.production, lookup.clone())?);
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", args.listen))?;
    let running = assemble(&args, &lookup).await?;
    let pause = Duration::from_secs(args.recovery_seconds);
    let recovery =
        running.orchestrator.clone().map(|orchestrator| tokio::spawn(Recovery::new(orchestrator).run(pause)));
    // A caller that starts the process waits for this line.
    writeln!(std::io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    tracing::info!(target_name = ?args.target, "serving");
    let feeds = running.orchestrator.clone();
    let shutdown = async move {
        shutdown_signal().await;
        // Who reads the feed waits for more, and the server for who reads.
        if let Some(orchestrator) = feeds {
            orchestrator.end_feeds();
        }
    };
    let outcome = running.server.run(listener, shutdown).await;
    reload.abort();
    if let Some(recovery) = recovery {
        recovery.abort();
    }
    drop(running.held);
    outcome.context("serving failed")
}

struct Running {
    server: Server,
    /// Has open links to finish and feeds to end.
    orchestrator: Option<Orchestrator>,
    /// What has to live as long as the server.
    held: Box<dyn Send>,
}

async fn assemble(args: &ServeArgs, lookup: &Lookup) -> Result<Running> {
    let location = args.store.location();
    let server = Server::new(usize::try_from(args.calls_max)?)?;
    match args.target {
        Target::All => {
            let Platform { one_stop, register, upkeep, accounts, orchestrator, lock } =
                Platform::open(&location, lookup).await?;
            let server = server.with(one_stop).with(register).with(upkeep).with(accounts);
            Ok(Running { server, orchestrator: Some(orchestrator), held: Box::new(lock) })
        }
        Target::Register => {
            let lock = StoreLock::take(&location, &["register"])?;
            let register = platform::open_register(&location).await?;
            let server = server.with(register::server(register.clone())).with(register::upkeep_server(register));
            Ok(Running { server, orchestrator: None, held: Box::new(lock) })
        }
        Target::BasicInsurance => payer(server, Payer::BasicInsurance, args, lookup).await,
        Target::CriticalIllness => payer(server, Payer::CriticalIllness, args, lookup).await,
        Target::MedicalAssistance => payer(server, Payer::MedicalAssistance, args, lookup).await,
        Target::IndividualAccount => {
            let lock = StoreLock::take(&location, &[IndividualAccount::ID])?;
            let (payer, accounts) = platform::open_accounts(&location, lookup).await?;
            Ok(Running {
                server: server.with(individual_account::payer_server(payer)).with(accounts),
                orchestrator: None,
                held: Box::new(lock),
            })
        }
        Target::Orchestrator => orchestrator(server, args, lookup).await,
    }
}

async fn payer(server: Server, payer: Payer, args: &ServeArgs, lookup: &Lookup) -> Result<Running> {
    let location = args.store.location();
    let lock = StoreLock::take(&location, &[payer.service()])?;
    let server = server.with(payer::server(payer.open(&location, lookup).await?));
    Ok(Running { server, orchestrator: None, held: Box::new(lock) })
}

async fn orchestrator(server: Server, args: &ServeArgs, lookup: &Lookup) -> Result<Running> {
    let Some(register) = &args.register_endpoint else {
        bail!("--target orchestrator needs --register-endpoint URI");
    };
    let payers = args.payer_endpoint.iter().map(|text| payer_endpoint(text)).collect::<Result<Vec<_>>>()?;
    for payer in Payer::ALL {
        if !payers.iter().any(|(name, _)| name.as_str() == payer.service()) {
            bail!("--target orchestrator needs --payer-endpoint {}=URI", payer.service());
        }
    }
    let location = args.store.location();
    let lock = StoreLock::take(&location, &["orchestrator"])?;
    let orchestrator =
        platform::open_orchestrator(&location, register_over(host::remote_service(register)?), payers, lookup).await?;
    // Payers may start later than their orchestrator; what stays open is finished by the recovery that runs on.
    if let Err(failure) = Recovery::new(orchestrator.clone()).finish_all().await {
        tracing::warn!(%failure, "open links could not be finished at the start");
    }
    let server = server.with(orchestrator::server(OneStopService::new(orchestrator.clone())));
    Ok(Running { server, orchestrator: Some(orchestrator), held: Box::new(lock) })
}

fn payer_endpoint(text: &str) -> Result<(PayerId, PayerWay)> {
    let (payer, endpoint) = text.split_once('=').with_context(|| format!("{text:?} is not PAYER=URI"))?;
    let payer = PayerId::new(payer).with_context(|| format!("the payer in {text:?}"))?;
    Ok((payer, payer_over(host::remote_service(endpoint)?)))
}

/// The rules, which in production rest on published or confirmed documents alone.
fn rules_to_serve(args: &RulesArgs, production: bool) -> Result<Rulebook> {
    let rulebook = rules::load(args)?;
    let report = rulebook.report(Clock::system().today());
    let assumed: Vec<_> = report.assumed().map(|item| item.id.as_str()).collect();
    if production && !assumed.is_empty() {
        bail!(
            "{} rules in force are assumed: {}. Confirm or replace them in documents of your own (--rules DIR, \
             status = \"official\"); `onestop rules check` lists them with their values",
            assumed.len(),
            assumed.join(", ")
        );
    }
    Ok(rulebook)
}

/// Reads the rules again at every SIGHUP. Rules with a fault are told and not taken.
fn reload_on_hangup(
    args: RulesArgs,
    production: bool,
    lookup: Lookup,
) -> Result<impl Future<Output = ()> + Send + 'static> {
    let mut hangup = signal(SignalKind::hangup()).context("SIGHUP cannot be awaited")?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            match rules_to_serve(&args, production) {
                Ok(rulebook) => {
                    lookup.replace(rulebook);
                    tracing::info!("the rules were read again");
                }
                Err(error) => tracing::error!(error = format!("{error:#}"), "the rules were not taken"),
            }
        }
    })
}
