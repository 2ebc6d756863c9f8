//! What can happen in a step.

use wire::ErrorReason;
use wire::Failure;
use wire::account_v1::credit_request::Source;
use wire::account_v1::{Contribution, CreditRequest, RefundRequest};
use wire::claim_v1::Scheme;

use crate::asking::{Call, send};
use crate::city::Town;
use crate::model::Asked;
use crate::network::{Gate, Message};
use crate::platform::PAYERS;
use crate::run::{FAULTS, Holder, Run};
use crate::weather;

#[derive(Clone, Copy, Debug)]
enum Deed {
    Settle,
    TwoAtOnce,
    Again,
    Cancel,
    Reverse,
    ReverseEarly,
    LateFact,
    PayIn,
    TakeOut,
    Restart,
    ReadFeed,
}

/// Each deed as often as its weight says.
const DEEDS: [(usize, Deed); 11] = [
    (480, Deed::Settle),
    (110, Deed::TwoAtOnce),
    (70, Deed::Again),
    (110, Deed::Cancel),
    (60, Deed::Reverse),
    (20, Deed::ReverseEarly),
    (60, Deed::LateFact),
    (40, Deed::PayIn),
    (5, Deed::TakeOut),
    (15, Deed::Restart),
    (30, Deed::ReadFeed),
];

/// Where a request can be held back.
const HELD_BACK_AT: [(&str, &str); 7] = [
    ("register", "gather-facts"),
    (PAYERS[0], "adjudicate"),
    (PAYERS[3], "adjudicate"),
    (PAYERS[3], "hold"),
    (PAYERS[0], "post"),
    (PAYERS[1], "post"),
    (PAYERS[3], "post"),
];

impl Run {
    pub(crate) async fn do_something(&mut self) {
        match self.dice.weighted(&DEEDS) {
            Deed::Settle => self.settle().await,
            Deed::TwoAtOnce => self.two_at_once().await,
            Deed::Again => self.again().await,
            Deed::Cancel => {
                let Some(person_id) = self.somebody() else { return };
                let Some(call) = self.cancellation(&person_id) else { return };
                self.carry_out(call).await;
            }
            Deed::Reverse => {
                let Some(person_id) = self.somebody() else { return };
                let requests = self.books[&person_id].requests();
                if !requests.is_empty() {
                    let reversed = self.dice.one_of(&requests).clone();
                    let call = self.reversal(&person_id, reversed);
                    self.carry_out(call).await;
                }
            }
            Deed::ReverseEarly => {
                let late = self.next_settlement();
                let call = self.reversal(&late.person_id, late.request_id.clone());
                self.carry_out(call).await;
                self.carry_out(late).await;
            }
            Deed::LateFact => self.late_fact().await,
            Deed::PayIn => self.pay_in().await,
            Deed::TakeOut => self.take_out().await,
            Deed::Restart => {
                let replica = self.dice.below(2);
                self.restart(replica).await;
            }
            Deed::ReadFeed => {
                let count = self.dice.below(40);
                self.feed.read_on(&mut self.replicas[0].client, count).await;
                if self.dice.in_thousand(300) {
                    self.feed.forget_since(self.dice.below(20));
                }
            }
        }
    }

    async fn carry_out(&mut self, call: Call) {
        let told = self.ask(&call, false).await.unwrap();
        self.take_in(&[(call, told)]);
    }

    async fn settle(&mut self) {
        let call = self.next_settlement();
        if let Some(told) = self.ask(&call, true).await {
            self.take_in(&[(call, told)]);
        } else {
            // The caller does not know what became of it and wants it undone.
            let reversal = self.reversal(&call.person_id, call.request_id.clone());
            self.carry_out(reversal).await;
            self.count("given up");
        }
    }

    /// One request is held back on its way while another one is carried out from beginning to end.
    async fn two_at_once(&mut self) {
        let first = self.next_settlement();
        let second = self.other_request(&first);
        let (service, call) = *self.dice.one_of(&HELD_BACK_AT);
        let awaited = Message { service, call, person_id: first.person_id.clone() };
        let gate = Gate::default();
        weather::storm_and_hold_back(&self.platform.network, (self.seed, self.step, FAULTS), awaited, &gate);
        let replica = self.replicas[self.dice.below(2)].clone();
        let mut sent = tokio::spawn(send(replica, first.clone()));
        let early = tokio::select! {
            biased;
            told = &mut sent => Some(told),
            () = gate.reached() => None,
        };
        if early.is_some() {
            // Nobody is held back any more, the other request neither.
            gate.open();
        }
        self.count(if early.is_some() { "one after the other" } else { "two at once" });
        let told_second = self.ask(&second, false).await.unwrap();
        gate.open();
        let told_first = match early {
            Some(told) => told,
            None => sent.await,
        };
        let told_first = match told_first.unwrap() {
            Some(told) => told,
            None => self.ask(&first, false).await.unwrap(),
        };
        self.take_in(&[(first, told_first), (second, told_second)]);
    }

    /// The same request once more, another bill of the person or of the family, or a cancellation.
    fn other_request(&mut self, first: &Call) -> Call {
        let Asked::Settle { case } = &first.asked else { return first.clone() };
        if self.dice.in_thousand(200) {
            return first.clone();
        }
        if self.dice.in_thousand(250)
            && let Some(cancellation) = self.cancellation(&first.person_id)
        {
            return cancellation;
        }
        let mut case = case.clone();
        let family = self.town.family(&first.person_id);
        if self.dice.in_thousand(400) && !family.is_empty() {
            case.person_id.clone_from(self.dice.one_of(&family));
        }
        case.use_individual_account = true;
        case.family_account_person_ids = self.town.family(&case.person_id);
        Call { person_id: case.person_id.clone(), request_id: self.next_request(), asked: Asked::Settle { case } }
    }

    /// A request that was answered before.
    async fn again(&mut self) {
        if self.calls.is_empty() {
            return;
        }
        let call = self.dice.one_of(&self.calls).clone();
        self.count("asked again");
        self.carry_out(call).await;
    }

    async fn late_fact(&mut self) {
        let Some(person_id) = self.somebody() else { return };
        let Some(from_date) = Town::learn_late(&self.platform, &person_id, &mut self.dice).await else { return };
        let request_id = self.next_request();
        self.carry_out(Call { person_id, request_id, asked: Asked::Readjudicate { from_date } }).await;
    }

    async fn pay_in(&mut self) {
        let person_id = Town::person(self.dice.below(self.town.persons));
        let period = format!("2023-{:02}", self.dice.below(12) + 1);
        let base_fen = i64::try_from(self.dice.below(900_000)).unwrap() + 100_000;
        let contribution = Contribution { period, scheme: Scheme::EmployeeActive.into(), base_fen };
        let source = Some(Source::Contribution(contribution));
        let request = CreditRequest { request_id: self.next_request(), person_id: person_id.clone(), source };
        let holder = self.holders.entry(person_id).or_default();
        match self.platform.accounts.credit(request.clone()).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                holder.paid_in_fen += answer.credited_fen - answer.long_term_care_fen;
                let again = self.platform.accounts.credit(request).await.unwrap().into_inner();
                assert!(again.already_done);
            }
            Err(status) => {
                let reason = Failure::from_status(&status).unwrap().reason;
                let is_closed = reason == ErrorReason::AccountClosed && holder.is_closed;
                assert!(is_closed || reason == ErrorReason::AccountCreditedBefore, "{reason:?}");
            }
        }
    }

    async fn take_out(&mut self) {
        let holders: Vec<_> = self.holders.keys().cloned().collect();
        let person_id = self.dice.one_of(&holders).clone();
        let request = RefundRequest { request_id: self.next_request(), person_id: person_id.clone() };
        match self.platform.accounts.refund(request).await {
            Ok(answer) => {
                let Holder { paid_in_fen, is_closed } = self.holders.get_mut(&person_id).unwrap();
                *paid_in_fen -= answer.into_inner().paid_out_fen;
                *is_closed = true;
                self.count("account closed");
            }
            Err(status) => {
                let reason = Failure::from_status(&status).unwrap().reason;
                let expected =
                    [ErrorReason::AccountMoneyHeld, ErrorReason::AccountClosed, ErrorReason::AccountNotFound];
                assert!(expected.contains(&reason), "{reason:?}");
            }
        }
    }

    fn somebody(&mut self) -> Option<String> {
        let place = (!self.books.is_empty()).then(|| self.dice.below(self.books.len()))?;
        self.books.keys().nth(place).cloned()
    }

    fn next_request(&mut self) -> String {
        format!("{}-{}", self.step, self.dice.number())
    }

    fn next_settlement(&mut self) -> Call {
        let case = self.town.next_case(&mut self.dice);
        let request_id = self.next_request();
        Call { person_id: case.person_id.clone(), request_id, asked: Asked::Settle { case: Box::new(case) } }
    }

    fn cancellation(&mut self, person_id: &str) -> Option<Call> {
        let settlements = &self.books.get(person_id)?.settlements;
        if settlements.is_empty() {
            return None;
        }
        let settlement_id = self.dice.one_of(settlements).settlement_id.clone();
        let (readjudicate_later, across_years) = (self.dice.in_thousand(700), self.dice.in_thousand(800));
        let asked = Asked::Cancel { settlement_id, readjudicate_later, across_years };
        Some(Call { person_id: person_id.to_owned(), request_id: self.next_request(), asked })
    }

    fn reversal(&mut self, person_id: &str, reversed: String) -> Call {
        let asked = Asked::Reverse { reversed, readjudicate_later: true };
        Call { person_id: person_id.to_owned(), request_id: self.next_request(), asked }
    }
}
