//! What must hold after every visit of every life.

use crate::life::walk;

#[test]
fn the_platform_and_the_auditor_agree_to_the_fen_on_at_least_100_000_visits() {
    let visits = walk(&[20_220_401, 20_230_106, 20_210_101, 20_191_201], 1_150, 45, |(): &mut (), moment| {
        if moment.answer.outcome == moment.audited { Ok(()) } else { Err("they disagree".to_owned()) }
    });
    assert!(visits >= 100_000, "only {visits} visits");
}
