//! The services of the platform, put together.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use basic_insurance::BasicInsurance;
use claim::PayerId;
use critical_illness::CriticalIllness;
use host::Clock;
use identity_number::Keyring;
use individual_account::{AccountBook, AccountPayer, AccountsService, IndividualAccount};
use ledger::Ledger;
use medical_assistance::MedicalAssistance;
use orchestrator::{
    Journal, OneStopService, Orchestrator, OrchestratorOptions, PayerWay, Payers, Recovery, RegisterWay,
};
use payer::PayerService;
use register::{Instants, RegisterOptions, RegisterService};
use rulebook::{Lookup, PayerRules};
use store::Location;
use uuid::Uuid;
use wire::account_v1::accounts_server::AccountsServer;
use zeroize::Zeroizing;

use crate::lock::StoreLock;

/// The services that keep a store, by name.
pub const SERVICES: [&str; 6] =
    ["register", "basic-insurance", "critical-illness", "medical-assistance", IndividualAccount::ID, "orchestrator"];

/// A payer of this platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// Basic insurance.
    BasicInsurance,
    /// Critical illness, large expense and top-up.
    CriticalIllness,
    /// Medical assistance.
    MedicalAssistance,
}

impl Payer {
    /// Every payer.
    pub const ALL: [Self; 3] = [Self::BasicInsurance, Self::CriticalIllness, Self::MedicalAssistance];

    /// The payer's service, which is also its name in the rulebook.
    #[must_use]
    pub const fn service(self) -> &'static str {
        match self {
            Self::BasicInsurance => "basic-insurance",
            Self::CriticalIllness => "critical-illness",
            Self::MedicalAssistance => "medical-assistance",
        }
    }

    /// The payer's calculation.
    #[must_use]
    pub fn rules(self) -> Arc<dyn PayerRules> {
        match self {
            Self::BasicInsurance => Arc::new(BasicInsurance::new()),
            Self::CriticalIllness => Arc::new(CriticalIllness::new()),
            Self::MedicalAssistance => Arc::new(MedicalAssistance::new()),
        }
    }

    /// The payer's service on its own store.
    ///
    /// # Errors
    /// Where the store cannot be opened.
    pub async fn open(self, location: &Location, rules: &Lookup) -> Result<PayerService> {
        let service = self.service();
        let ledger = Ledger::open(location, service).await.with_context(|| cannot_open(service))?;
        Ok(PayerService::new(self.rules(), rules.clone(), ledger))
    }
}

/// The individual accounts on their own store, as a payer and as the accounts' own service.
///
/// # Errors
/// Where the store cannot be opened.
pub async fn open_accounts(
    location: &Location,
    rules: &Lookup,
) -> Result<(AccountPayer, AccountsServer<AccountsService>)> {
    let book = AccountBook::open(location).await.with_context(|| cannot_open(IndividualAccount::ID))?;
    let payer = AccountPayer::new(rules.clone(), book.clone(), Clock::system());
    let accounts = AccountsService::new(rules.clone(), book, Clock::system());
    Ok((payer, individual_account::accounts_server(accounts)))
}

/// The orchestrator on its own store.
///
/// # Errors
/// Where the store cannot be opened.
pub async fn open_orchestrator(
    location: &Location,
    register: RegisterWay,
    payers: Vec<(PayerId, PayerWay)>,
    rules: &Lookup,
) -> Result<Orchestrator> {
    let journal = Journal::open(location).await.with_context(|| cannot_open("orchestrator"))?;
    Ok(Orchestrator::new(OrchestratorOptions {
        journal,
        register,
        payers: Payers::new(payers),
        rules: rules.clone(),
        clock: Clock::system(),
        numbers: Arc::new(Uuid::now_v7),
    }))
}

/// The register on its own store, with the keys of identity numbers and the dictionaries that the
/// environment gives.
///
/// # Errors
/// Where the keys or dictionaries cannot be used or the store cannot be opened.
pub async fn open_register(location: &Location) -> Result<RegisterService> {
    let options = RegisterOptions {
        clock: Clock::system(),
        keyring: identity_keys()?,
        dictionaries: crate::dictionary::known()?,
        instants: Instants::system(),
    };
    let opened = RegisterService::open_with(location, options).await;
    opened.with_context(|| cannot_open("register"))
}

/// The keys in `ONESTOP_IDENTITY_KEYS`, or in the file that `ONESTOP_IDENTITY_KEY_FILE` names.
fn identity_keys() -> Result<Option<Keyring>> {
    let text = match (std::env::var("ONESTOP_IDENTITY_KEYS"), std::env::var_os("ONESTOP_IDENTITY_KEY_FILE")) {
        (Ok(text), _) => Zeroizing::new(text),
        (Err(_), Some(path)) => {
            let read = std::fs::read_to_string(&path);
            Zeroizing::new(read.with_context(|| format!("the keys in {} cannot be read", path.display()))?)
        }
        (Err(_), None) => return Ok(None),
    };
    Keyring::read(&text).context("the keys of identity numbers").map(Some)
}

/// Every service in one process; the orchestrator calls the others directly.
pub struct Platform {
    /// One-stop settlement.
    pub one_stop: wire::settlement_v1::one_stop_server::OneStopServer<OneStopService>,
    /// The register.
    pub register: wire::register_v1::register_server::RegisterServer<RegisterService>,
    /// The individual accounts.
    pub accounts: AccountsServer<AccountsService>,
    /// The orchestrator behind it.
    pub orchestrator: Orchestrator,
    /// The register's upkeep.
    pub upkeep: wire::register_v1::upkeep_server::UpkeepServer<RegisterService>,
    /// Keeps other processes off the store.
    pub lock: StoreLock,
}

impl Platform {
    /// Opens all services at `location` and finishes what a crash left open.
    ///
    /// # Errors
    /// Where a store cannot be opened or is used by another process.
    pub async fn open(location: &Location, rules: &Lookup) -> Result<Self> {
        let lock = StoreLock::take(location, &SERVICES)?;
        let register = open_register(location).await?;
        let upkeep = register::upkeep_server(register.clone());
        let mut payers: Vec<(PayerId, PayerWay)> = Vec::with_capacity(Payer::ALL.len() + 1);
        for payer in Payer::ALL {
            payers.push((payer.rules().id(), Arc::new(payer.open(location, rules).await?)));
        }
        let (account_payer, accounts) = open_accounts(location, rules).await?;
        payers.push((IndividualAccount::new().id().clone(), Arc::new(account_payer)));
        let orchestrator = open_orchestrator(location, Arc::new(register.clone()), payers, rules).await?;
        let left = Recovery::new(orchestrator.clone()).finish_all().await.map_err(|failure| anyhow!(failure))?;
        if left > 0 {
            tracing::warn!(links = left, "open links could not be finished yet");
        }
        let one_stop = orchestrator::server(OneStopService::new(orchestrator.clone()));
        let register = register::server(register);
        Ok(Self { one_stop, register, accounts, orchestrator, upkeep, lock })
    }
}

fn cannot_open(service: &str) -> String {
    format!("the store of {service} cannot be opened")
}
