//! One run: steps by chance, each of which ends when whoever asked has an answer, and checks in between.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::Datelike;
use host::CrashPoint;
use sha2::{Digest, Sha256};
use store::Location;
use wire::ErrorReason;
use wire::account_v1::credit_request::Source;
use wire::account_v1::{AuthoriseRequest, CreditRequest};
use wire::claim_v1::Kinship;
use wire::proto::google::r#type::Date;

use crate::asking::{Call, send};
use crate::checks;
use crate::city::Town;
use crate::dice::Dice;
use crate::model::{Book, Told};
use crate::platform::{Platform, Replica, Time};
use crate::weather::{self, Death};

/// How large a run is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) persons: usize,
    pub(crate) steps: usize,
}

/// So many of a thousand messages do not simply arrive.
pub(crate) const FAULTS: usize = 25;
/// So many of a thousand requests meet a process that dies of them, if they get to the point.
const DEATHS: usize = 60;
/// A request that was not answered so often is sent again in calm weather.
const STORMY_ATTEMPTS: usize = 4;
/// Everything about some of the persons is checked after so many steps.
const STEPS_BETWEEN_CHECKS: usize = 500;
/// The mean time between two steps.
const SECONDS_A_STEP: i64 = 600;

/// What a run went through, and a digest of every answer and every link.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) digest: [u8; 32],
    pub(crate) counts: BTreeMap<&'static str, usize>,
}

/// What a holder has put in and taken out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Holder {
    pub(crate) paid_in_fen: i64,
    pub(crate) is_closed: bool,
}

/// Everything of one run.
pub(crate) struct Run {
    pub(crate) seed: u64,
    pub(crate) step: usize,
    pub(crate) dice: Dice,
    pub(crate) town: Town,
    pub(crate) platform: Platform,
    pub(crate) replicas: [Replica; 2],
    pub(crate) books: BTreeMap<String, Book>,
    pub(crate) holders: BTreeMap<String, Holder>,
    pub(crate) feed: checks::Consumer,
    /// What was answered with a link, to be asked again.
    pub(crate) calls: Vec<Call>,
    counts: BTreeMap<&'static str, usize>,
    answers: Sha256,
}

impl Run {
    /// A town with its register and accounts, in which nobody was ill yet.
    pub(crate) async fn start(seed: u64, size: Size, location: &Location, files: &Path) -> Self {
        // Half of a run is in one year and half in the next.
        let time = Time::at("2024-01-01T00:00:00+08:00");
        time.advance_seconds(-i64::try_from(size.steps / 2).unwrap() * SECONDS_A_STEP);
        let platform = Platform::open(location, time).await;
        let town = Town::new(seed, size.persons, size.steps);
        town.settle_down(&platform, files).await;
        let replicas = [platform.replica().await, platform.replica().await];
        let mut run = Self {
            seed,
            step: 0,
            dice: Dice::new(seed, "run"),
            town,
            platform,
            replicas,
            books: BTreeMap::new(),
            holders: BTreeMap::new(),
            feed: checks::Consumer::default(),
            calls: Vec::new(),
            counts: BTreeMap::new(),
            answers: Sha256::new(),
        };
        run.open_accounts().await;
        run
    }

    /// Takes every step, then checks everything.
    pub(crate) async fn go_to_its_end(&mut self, size: Size) -> History {
        while self.step < size.steps {
            self.step += 1;
            let seconds = self.dice.below(usize::try_from(2 * SECONDS_A_STEP).unwrap());
            self.platform.time.advance_seconds(i64::try_from(seconds).unwrap());
            weather::storm(&self.platform.network, self.seed, self.step, FAULTS);
            self.do_something().await;
            self.platform.network.rest().await;
            if self.dice.in_thousand(300) {
                self.platform.network.deliver_late().await;
            }
            if self.step.is_multiple_of(STEPS_BETWEEN_CHECKS) {
                self.rest().await;
                checks::some_persons(self).await;
            }
        }
        self.rest().await;
        checks::everything(self).await;
        self.answers.update(self.feed.links_by_person());
        let digest = self.answers.finalize_reset().into();
        History { digest, counts: std::mem::take(&mut self.counts) }
    }

    /// Lets the weather calm down and everything come to its end.
    async fn rest(&mut self) {
        self.platform.network.calm_down();
        self.platform.network.deliver_late().await;
        self.platform.time.advance_seconds(120);
        for replica in &self.replicas {
            assert_eq!(replica.recover().await, 0, "something stays open");
        }
    }

    async fn open_accounts(&mut self) {
        for number in (0..self.town.persons).filter(|number| !number.is_multiple_of(3)) {
            let person_id = Town::person(number);
            let paid_in_fen = i64::try_from(self.dice.below(60_000)).unwrap() + 1;
            let source = Some(Source::OpeningBalanceFen(paid_in_fen));
            let request = CreditRequest { request_id: "opening".to_owned(), person_id: person_id.clone(), source };
            self.platform.accounts.credit(request).await.unwrap();
            for member in self.town.family(&person_id) {
                let request = AuthoriseRequest {
                    request_id: format!("authorise-{member}"),
                    person_id: person_id.clone(),
                    member_person_id: member,
                    kinship: Kinship::Child.into(),
                    from_date: Some(Date { year: 2022, month: 4, day: 1 }),
                    to_date: None,
                };
                self.platform.accounts.authorise(request).await.unwrap();
            }
            self.holders.insert(person_id, Holder { paid_in_fen, is_closed: false });
        }
    }

    /// Asks until there is an answer; `None` where the caller may give up and does.
    pub(crate) async fn ask(&mut self, call: &Call, may_give_up: bool) -> Option<Told> {
        for attempt in 1.. {
            let mut death = None;
            if attempt > STORMY_ATTEMPTS {
                self.platform.network.calm_down();
            } else if self.dice.in_thousand(DEATHS) {
                death = Some(Death::at(*self.dice.one_of(&CrashPoint::ALL), self.dice.below(2) + 1));
            }
            let replica = self.dice.below(2);
            let told = tokio::spawn(send(self.replicas[replica].clone(), call.clone())).await.unwrap();
            let died = death.is_some_and(Death::end);
            if died {
                self.count("died");
            }
            match told {
                // What a call says of whose task died.
                Some(Told::Refused(ErrorReason::InvariantViolated, _)) if died => self.restart(replica).await,
                Some(told) => return Some(told),
                None => self.count("not answered"),
            }
            assert!(attempt < 2 * STORMY_ATTEMPTS, "{call:?} is never answered");
            if may_give_up && self.dice.in_thousand(300) {
                return None;
            }
        }
        None
    }

    /// Starts a replica anew; what it cannot finish now it finishes later.
    pub(crate) async fn restart(&mut self, replica: usize) {
        self.replicas[replica] = self.platform.replica().await;
        self.replicas[replica].recover().await;
        self.count("restarted");
    }

    /// Takes answers in, which have to fit in one order or the other.
    pub(crate) fn take_in(&mut self, answered: &[(Call, Told)]) {
        for (call, told) in answered {
            self.answers.update(format!("{call:?}{told:?}"));
            self.note(call, told);
        }
        let in_order = self.fitting(answered.iter());
        let fitting = in_order.or_else(|misfit| self.fitting(answered.iter().rev()).map_err(|other| (misfit, other)));
        match fitting {
            Ok(books) => self.books.extend(books),
            Err(misfit) => panic!("{misfit:#?}\n{answered:#?}"),
        }
    }

    fn fitting<'a>(&self, answered: impl Iterator<Item = &'a (Call, Told)>) -> Result<BTreeMap<String, Book>, String> {
        let year = self.platform.time.clock().today().year();
        let mut books = BTreeMap::<String, Book>::new();
        for (Call { person_id, request_id, asked }, told) in answered {
            let known = || self.books.get(person_id).cloned().unwrap_or_default();
            books.entry(person_id.clone()).or_insert_with(known).take(request_id, asked, told, year)?;
        }
        Ok(books)
    }

    fn note(&mut self, call: &Call, told: &Told) {
        self.count(match told {
            Told::Settled(..) => "settled",
            Told::Adjusted(..) => "adjusted",
            Told::Reversed(..) => "reversed",
            Told::Refused(reason, _) => reason.as_str_name(),
        });
        if matches!(told, Told::Settled(..) | Told::Adjusted(..)) {
            self.calls.push(call.clone());
        }
    }

    pub(crate) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}
