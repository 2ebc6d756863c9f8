//! One process after the other dies under the load of all callers at once, by chance that follows from a seed: at a
//! named point, or wherever it happens to be.
//!
//! `ONESTOP_CRASH_PERSONS` says how many callers there are, each with seven requests; `ONESTOP_CRASH_SEED` repeats what
//! was chosen, though not what the machine makes of it.

use host::CrashPoint;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use store::testing::TestStore;

use crate::books::assert_audited;
use crate::harness::{self, Serving};
use crate::load::{Callers, LINKS_EACH, Load, Work, open_account, write_register};

const PERSONS: usize = 120;
const SEED: u64 = 1;
/// A process lives for at most so many answers.
const ANSWERS_MAX: u64 = 200;
/// A process dies at the latest when it gets to its point so many times.
const TIMES_MAX: u64 = 400;

fn told(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Numbers that follow from a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let state = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (state ^ (state >> 31)) % count
    }
}

async fn dies_at_random(store: TestStore) {
    let seed = told("ONESTOP_CRASH_SEED").unwrap_or(SEED);
    let persons = told("ONESTOP_CRASH_PERSONS").map_or(PERSONS, |persons| usize::try_from(persons).unwrap());
    let mut dice = Dice(seed);
    let files = tempfile::tempdir().unwrap();
    harness::import(&store.location, &write_register(files.path(), persons));
    open_account(&store.location, persons).await;
    let load = Load::new();
    let mut callers = None;
    let mut deaths = 0;
    loop {
        let point = CrashPoint::ALL[usize::try_from(dice.below(10)).unwrap()];
        let times = dice.below(TIMES_MAX) + 1;
        let mut command = harness::onestop(&store.location);
        command.env("ONESTOP_LOG", "error").env("ONESTOP_CRASH_AT", format!("{}:{times}", point.name()));
        let serving = Serving::start_or_end(command.args(["serve", "--listen", "127.0.0.1:0"]));
        let (endpoint, process) = (serving.endpoint.clone(), Pid::from_raw(serving.pid().try_into().unwrap()));
        let mut gone = tokio::task::spawn_blocking(move || serving.assert_killed());
        if endpoint.is_empty() {
            // It died while it recovered.
            gone.await.unwrap();
            deaths += 1;
            continue;
        }
        load.move_to(&endpoint);
        let callers = callers.get_or_insert_with(|| Callers::start(&load, 0..persons, Work::Everything));
        let enough = load.answered() + usize::try_from(dice.below(ANSWERS_MAX)).unwrap();
        let death = async {
            tokio::select! {
                died = &mut gone => return died.unwrap(),
                () = load.answers(enough) => kill(process, Signal::SIGKILL).unwrap(),
            }
            (&mut gone).await.unwrap();
        };
        if callers.end_before(death).await {
            // It may be about to die by itself.
            let _ = kill(process, Signal::SIGKILL);
            gone.await.unwrap();
            break;
        }
        deaths += 1;
    }
    println!("{}: {} requests of {persons} callers, {deaths} deaths, seed {seed}", store.name, load.answered());
    assert!(deaths > 0 && load.answered() == persons * LINKS_EACH);
    assert_audited(&store, persons, persons * LINKS_EACH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_die_under_load_wherever_they_are_lose_nothing_on_sqlite() {
    dies_at_random(TestStore::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_die_under_load_wherever_they_are_lose_nothing_on_postgresql() {
    dies_at_random(TestStore::postgres().await).await;
}
