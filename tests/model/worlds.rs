//! The bounded worlds that are checked: who asks for what through which orchestrator.

use crate::chain::UNCOVERED;
use crate::flaw::Flaw;
use crate::protocol::Protocol;
use crate::state::{Ask, Handling, Orchestrator};

fn by(orchestrator: Orchestrator, person: usize, ask: Ask) -> Handling {
    Handling { orchestrator, person, ask }
}

fn settle(request: u8) -> Ask {
    Ask::Settle { request, account: false }
}

fn draw(request: u8) -> Ask {
    Ask::Settle { request, account: true }
}

fn world(handlings: Vec<Handling>, faults: u8) -> Protocol {
    Protocol {
        persons: 1,
        handlings,
        balance: 0,
        facts: 0,
        late_fact: false,
        faults,
        keeps_none: None,
        flaw: Flaw::None,
    }
}

/// One request sent to both orchestrators at once, and another one.
pub(crate) fn racing(faults: u8) -> Protocol {
    world(vec![by(0, 0, settle(0)), by(1, 0, settle(0)), by(1, 0, settle(1))], faults)
}

/// Two visits through an orchestrator that keeps counters with its links, and two through one of a release that does not.
pub(crate) fn updating(faults: u8) -> Protocol {
    let handlings = vec![by(0, 0, settle(0)), by(1, 0, settle(1)), by(0, 0, settle(2)), by(1, 0, settle(3))];
    Protocol { keeps_none: Some(1), ..world(handlings, faults) }
}

/// Two visits; the first is reversed by its request id and cancelled by its settlement id, at any moment.
pub(crate) fn reversing(faults: u8) -> Protocol {
    let reverse = by(1, 0, Ask::Reverse { reversed: 0 });
    let cancel = by(0, 0, Ask::Cancel { request: 9, settled: 0 });
    world(vec![by(0, 0, settle(0)), by(1, 0, settle(1)), reverse, cancel], faults)
}

/// Two visits, a late fact and the re-adjudication that it asks for, and a cancellation of the first visit.
pub(crate) fn correcting(faults: u8) -> Protocol {
    let readjudicate = by(0, 0, Ask::Readjudicate { request: 8 });
    let cancel = by(1, 0, Ask::Cancel { request: 9, settled: 0 });
    let handlings = vec![by(0, 0, settle(0)), by(1, 0, settle(1)), readjudicate, cancel];
    Protocol { late_fact: true, ..world(handlings, faults) }
}

/// Two family members who want the last fen of one account at once; one of them asks twice.
pub(crate) fn sharing(faults: u8) -> Protocol {
    let handlings = vec![by(0, 0, draw(0)), by(1, 1, draw(1)), by(1, 0, draw(0))];
    Protocol { persons: 2, balance: 1, facts: UNCOVERED, ..world(handlings, faults) }
}

/// One person draws on the account for two visits, beside what the payers pay, and cancels the first.
pub(crate) fn drawing(faults: u8) -> Protocol {
    let cancel = by(1, 0, Ask::Cancel { request: 9, settled: 0 });
    Protocol { balance: 2, ..world(vec![by(0, 0, draw(0)), by(1, 0, draw(1)), cancel], faults) }
}
