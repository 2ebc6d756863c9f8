//! Lives: a random person with a sequence of random visits, walked visit by visit.

use std::cell::Cell;
use std::fmt::Write;
use std::panic::resume_unwind;
use std::thread;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use crate::audit::Auditor;
use crate::bill::{Bill, Outcome, Person};
use crate::people::{self, Life};
use crate::platform::{Answer, Memory, Platform};
use crate::visits::{self, Course};

/// The numbers that a life is made of.
type Faces = (Vec<u16>, Vec<Vec<u16>>);

fn faces(visits_at_most: usize) -> impl Strategy<Value = Faces> {
    let visit = vec(any::<u16>(), visits::FACES);
    (vec(any::<u16>(), people::FACES), vec(visit, 1..=visits_at_most))
}

/// One visit as it comes, with what both sides know before it.
pub(crate) struct Moment<'a> {
    pub(crate) person: &'a Person,
    pub(crate) bill: &'a Bill,
    pub(crate) memory: &'a Memory,
    pub(crate) answer: &'a Answer,
    pub(crate) audited: Outcome,
}

/// The most lives that are walked for each seed, where the environment says so.
pub(crate) fn lives_at_most() -> Option<u32> {
    std::env::var("AUDITOR_LIVES").ok().map(|lives| lives.parse().expect("AUDITOR_LIVES is a number"))
}

/// For each seed walks `lives` random lives of at most `visits_at_most` visits and asks `check` after each visit. A
/// fresh `T` goes along with each life. Returns the number of visits.
///
/// Panics with the shortest life for which `check` fails.
pub(crate) fn walk<T: Default>(
    seeds: &[u64],
    lives: u32,
    visits_at_most: usize,
    check: impl Fn(&mut T, &Moment<'_>) -> Result<(), String> + Sync,
) -> u64 {
    let check = &check;
    thread::scope(|scope| {
        let walks: Vec<_> =
            seeds.iter().map(|seed| scope.spawn(move || walk_seed(*seed, lives, visits_at_most, check))).collect();
        walks.into_iter().map(|walk| walk.join().unwrap_or_else(|panic| resume_unwind(panic))).sum()
    })
}

fn walk_seed<T: Default>(
    seed: u64,
    lives: u32,
    visits_at_most: usize,
    check: &impl Fn(&mut T, &Moment<'_>) -> Result<(), String>,
) -> u64 {
    let config = Config {
        cases: lives_at_most().map_or(lives, |most| most.min(lives)),
        failure_persistence: None,
        max_shrink_iters: Config::default().max_shrink_iters.min(20_000),
        max_shrink_time: 60_000,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    };
    let visits = Cell::new(0_u64);
    let result = TestRunner::new(config).run(&faces(visits_at_most), |faces| {
        visits.set(visits.get() + live(&faces, check).map_err(TestCaseError::fail)?);
        Ok(())
    });
    match result {
        Ok(()) => visits.get(),
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        Err(TestError::Abort(reason)) => panic!("gave up: {reason}"),
    }
}

fn live<T: Default>(
    (person, visits): &Faces,
    check: &impl Fn(&mut T, &Moment<'_>) -> Result<(), String>,
) -> Result<u64, String> {
    let life = Life::read(person);
    let mut course = Course::starting(life.start);
    let (mut auditor, mut memory, mut carried) = (Auditor::default(), Memory::default(), T::default());
    let mut past: Vec<(Person, Bill, Outcome)> = Vec::new();
    for (index, faces) in visits.iter().enumerate() {
        let person = life.person_at(index);
        let bill = course.next(faces, &auditor, person);
        let before = memory.clone();
        let answer = Platform::shipped().settle(&mut memory, person, &bill);
        let audited = auditor.settle(person, &bill);
        let moment = Moment { person, bill: &bill, memory: &before, answer: &answer, audited };
        check(&mut carried, &moment).map_err(|fault| told(&past, &moment, &fault))?;
        past.push((person.clone(), bill, audited));
    }
    Ok(u64::try_from(visits.len()).unwrap_or(u64::MAX))
}

/// The whole life up to the visit that failed.
fn told(past: &[(Person, Bill, Outcome)], moment: &Moment<'_>, fault: &str) -> String {
    let mut text = String::new();
    let mut shown: Option<&Person> = None;
    let now = (moment.person.clone(), moment.bill.clone(), moment.audited);
    for (person, bill, outcome) in past.iter().chain([&now]) {
        if shown != Some(person) {
            let _ = write!(text, "\n{person:#?}");
        }
        shown = Some(person);
        let _ = write!(text, "\n{bill:?}\n    auditor: {outcome}");
    }
    let _ = write!(text, "\n    platform: {}\n    {:?}\n{fault}", moment.answer.outcome, moment.answer.payments);
    text
}
