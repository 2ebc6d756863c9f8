//! The model can fail: each flaw is found, by the law that it breaks.

use stateright::{Checker, HasDiscoveries, Model};

use crate::flaw::Flaw;
use crate::properties::{
    ACCOUNT, ANSWERS, BOOKS, CHAIN_ORDER, FROM_ITS_HEAD, LATE_FACT, LAWS, NOTHING_REFUSED, ONE_SETTLEMENT, REST,
    REVERSED,
};
use crate::protocol::Protocol;
use crate::worlds::{correcting, drawing, racing, reversing, sharing, updating};

/// Each flaw, the world that shows it, and the law that it breaks.
fn controls() -> Vec<(Flaw, Protocol, &'static str)> {
    vec![
        (Flaw::PlaceTakenTwice, racing(0), CHAIN_ORDER),
        (Flaw::LoserAnswered, racing(0), ANSWERS),
        (Flaw::LookedUpBeforeHead, racing(0), ONE_SETTLEMENT),
        (Flaw::OpenHeadIgnored, racing(0), CHAIN_ORDER),
        (Flaw::OpenHeadIgnored, racing(0), NOTHING_REFUSED),
        (Flaw::OpenHeadIgnored, updating(0), FROM_ITS_HEAD),
        (Flaw::CounterOfBefore, racing(0), FROM_ITS_HEAD),
        (Flaw::CounterOfBefore, racing(0), NOTHING_REFUSED),
        (Flaw::PostBeforeAppend, racing(0), BOOKS),
        (Flaw::PostsBookedAgain, racing(0), BOOKS),
        (Flaw::CloseBeforePost, racing(0), BOOKS),
        (Flaw::CloseBeforePost, racing(1), REST),
        (Flaw::NoRecovery, racing(1), REST),
        (Flaw::CancelUnderOldId, reversing(0), BOOKS),
        (Flaw::ReversalForgotten, reversing(0), REVERSED),
        (Flaw::ReversalBesideChain, reversing(0), REVERSED),
        (Flaw::FactsBeforeHead, correcting(0), LATE_FACT),
        (Flaw::NoLinkWithoutDifference, correcting(0), LATE_FACT),
        (Flaw::NoHold, sharing(0), ACCOUNT),
        (Flaw::NoHold, drawing(0), ACCOUNT),
        (Flaw::ExpiryByTime, sharing(1), ACCOUNT),
        (Flaw::ExpiryByTime, sharing(1), NOTHING_REFUSED),
        (Flaw::ExpiryAfterLook, sharing(1), ACCOUNT),
        (Flaw::VoidOnLostAnswer, sharing(1), ACCOUNT),
        (Flaw::NoExpiry, sharing(1), REST),
    ]
}

#[test]
fn every_flaw_is_found_by_the_law_that_it_breaks() {
    let mut broken = std::collections::BTreeSet::new();
    for (flaw, world, law) in controls() {
        let finish = HasDiscoveries::AnyOf([law].into());
        let checker = Protocol { flaw, ..world }.checker().finish_when(finish).spawn_bfs().join();
        let path = checker.discovery(law);
        let path = path.unwrap_or_else(|| panic!("{flaw:?} does not break: {law}"));
        println!("{flaw:?} breaks: {law}");
        for action in path.into_actions() {
            println!("    {action:?}");
        }
        broken.insert(law);
    }
    assert_eq!(broken, LAWS.into(), "no control breaks one of the laws");
}

/// A request looks itself up with the head that it follows, so the place alone already keeps it from settling twice. The
/// unique key stands behind that for readers of the journal and for reads that are not one.
#[test]
fn the_place_in_the_chain_alone_keeps_a_request_from_settling_twice() {
    for world in [racing(1), reversing(0)] {
        let checker = Protocol { flaw: Flaw::NoRequestKey, ..world }.checker().spawn_bfs().join();
        for law in LAWS {
            assert!(checker.discovery(law).is_none(), "{law}");
        }
    }
}
