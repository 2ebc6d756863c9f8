//! The real services in this process, on one store, with a network between them and any number of orchestrators.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::DateTime;
use claim::PayerId;
use host::{Clock, MAX_MESSAGE_BYTES, Transport, in_process};
use individual_account::{AccountBook, AccountPayer, AccountsService, IndividualAccount};
use ledger::Ledger;
use onestop::platform::Payer;
use orchestrator::{
    Journal, OneStopService, Orchestrator, OrchestratorOptions, Payers, Recovery, payer_over, register_over,
};
use payer::PayerService;
use register::RegisterService;
use rulebook::{Lookup, Rulebook};
use store::Location;
use uuid::Uuid;
use wire::account_v1::accounts_client::AccountsClient;
use wire::payer_v1::payer_client::PayerClient;
use wire::register_v1::register_client::RegisterClient;
use wire::settlement_v1::one_stop_client::OneStopClient;

use crate::network::Network;
use crate::services::{distant_payer, distant_register};

/// The payers that keep accounts of a person's postings, in the order in which they are asked.
pub(crate) const PAYERS: [&str; 4] =
    ["basic-insurance", "critical-illness", "medical-assistance", IndividualAccount::ID];

/// A clock that stands still until it is moved. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Time(Arc<AtomicI64>);

impl Time {
    /// A clock that shows `time`, in RFC 3339.
    pub(crate) fn at(time: &str) -> Self {
        Self(Arc::new(AtomicI64::new(DateTime::parse_from_rfc3339(time).unwrap().timestamp_micros())))
    }

    pub(crate) fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Clock {
        let time = Arc::clone(&self.0);
        Clock::told_by(move || DateTime::from_timestamp_micros(time.load(Ordering::SeqCst)).unwrap())
    }
}

/// Every service but the orchestrators.
pub(crate) struct Platform {
    location: Location,
    rules: Lookup,
    pub(crate) network: Network,
    pub(crate) time: Time,
    settlements: Arc<AtomicU64>,
    register: Transport,
    payers: Vec<(&'static str, Transport)>,
    pub(crate) accounts: AccountsClient<Transport>,
}

/// One orchestrator over the platform's journal.
#[derive(Clone)]
pub(crate) struct Replica {
    orchestrator: Orchestrator,
    pub(crate) client: OneStopClient<Transport>,
}

impl Replica {
    /// Finishes what is open, as after a start; answers how much could not be finished.
    pub(crate) async fn recover(&self) -> usize {
        Recovery::new(self.orchestrator.clone()).finish_all().await.unwrap()
    }
}

impl Platform {
    pub(crate) async fn open(location: &Location, time: Time) -> Self {
        let rules = Lookup::new(Rulebook::kunming().unwrap());
        let register = RegisterService::open(location, time.clock()).await.unwrap();
        let mut payers = Vec::new();
        for payer in Payer::ALL {
            let ledger = Ledger::open(location, payer.service()).await.unwrap();
            let service = PayerService::new(payer.rules(), rules.clone(), ledger);
            payers.push((payer.service(), in_process(payer::server(service))));
        }
        let book = AccountBook::open(location).await.unwrap();
        let account_payer = AccountPayer::new(rules.clone(), book.clone(), time.clock());
        payers.push((IndividualAccount::ID, in_process(individual_account::payer_server(account_payer))));
        let accounts = AccountsService::new(rules.clone(), book, time.clock());
        Self {
            location: location.clone(),
            rules,
            network: Network::calm(),
            time,
            settlements: Arc::default(),
            register: in_process(register::server(register)),
            payers,
            accounts: AccountsClient::new(in_process(individual_account::accounts_server(accounts))),
        }
    }

    /// An orchestrator that was just started.
    pub(crate) async fn replica(&self) -> Replica {
        let payers = self.payers.iter().map(|(service, payer)| {
            let way = distant_payer(&self.network, service, payer.clone());
            (PayerId::new(service).unwrap(), payer_over(way))
        });
        let settlements = Arc::clone(&self.settlements);
        let orchestrator = Orchestrator::new(OrchestratorOptions {
            journal: Journal::open(&self.location).await.unwrap(),
            register: register_over(distant_register(&self.network, self.register.clone())),
            payers: Payers::new(payers.collect()),
            rules: self.rules.clone(),
            clock: self.time.clock(),
            numbers: Arc::new(move || Uuid::from_u128(settlements.fetch_add(1, Ordering::SeqCst).into())),
        });
        let server = orchestrator::server(OneStopService::new(orchestrator.clone()));
        let client = OneStopClient::new(in_process(server));
        let client = client.max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES);
        Replica { orchestrator, client }
    }

    /// The register itself.
    pub(crate) fn register(&self) -> RegisterClient<Transport> {
        RegisterClient::new(self.register.clone()).max_encoding_message_size(MAX_MESSAGE_BYTES)
    }

    /// Each payer itself, by its name.
    pub(crate) fn payers(&self) -> impl Iterator<Item = (&'static str, PayerClient<Transport>)> + '_ {
        self.payers.iter().map(|(service, payer)| (*service, PayerClient::new(payer.clone())))
    }
}
