//! Named points of the protocol at which a test has the process die.
//!
//! A debug build dies at the point that `ONESTOP_CRASH_AT` names, as by a power cut: by SIGKILL, without unwinding,
//! flushing or telling anybody. `before-append` dies when the point is first reached, `before-append:3` at the third
//! time. A release build does not look: there a point is no code at all.

/// A point at which a process can be made to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashPoint {
    /// Before a request reads the head of the person's chain.
    BeforeHeadRead,
    /// The register has told the facts; no payer has been asked.
    FactsGathered,
    /// Everything is decided and nothing is written.
    BeforeAppend,
    /// The journal has committed what was written and has told nobody.
    JournalCommitted,
    /// The link is stored and nobody has been asked to book it.
    AfterAppend,
    /// A payer has committed its part and has not answered.
    PayerCommitted,
    /// One payer has answered that it booked its part; the others may not have.
    OnePayerBooked,
    /// All payers have booked; the link is open.
    BeforeClose,
    /// The link is closed and the caller has no answer.
    AfterClose,
    /// Closed links have their numbers in a transaction that is not committed.
    BeforeFeedCommit,
}

impl CrashPoint {
    /// Every point, in the order in which a request passes them.
    pub const ALL: [Self; 10] = [
        Self::BeforeHeadRead,
        Self::FactsGathered,
        Self::BeforeAppend,
        Self::JournalCommitted,
        Self::AfterAppend,
        Self::PayerCommitted,
        Self::OnePayerBooked,
        Self::BeforeClose,
        Self::AfterClose,
        Self::BeforeFeedCommit,
    ];

    /// The point's name, as `ONESTOP_CRASH_AT` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeHeadRead => "before-head-read",
            Self::FactsGathered => "facts-gathered",
            Self::BeforeAppend => "before-append",
            Self::JournalCommitted => "journal-committed",
            Self::AfterAppend => "after-append",
            Self::PayerCommitted => "payer-committed",
            Self::OnePayerBooked => "one-payer-booked",
            Self::BeforeClose => "before-close",
            Self::AfterClose => "after-close",
            Self::BeforeFeedCommit => "before-feed-commit",
        }
    }

    /// Has `watch` told of every point that this thread reaches from now on, in place of whoever was told before. It may
    /// unwind, which ends the task that reached the point as the death of its process would. A release build does not
    /// look.
    pub fn watch_this_thread(watch: impl Fn(Self) + 'static) {
        #[cfg(debug_assertions)]
        armed::watch(Box::new(watch));
        #[cfg(not(debug_assertions))]
        drop(watch);
    }

    /// Goes on, or dies here where the process was told to.
    #[inline]
    pub fn reach(self) {
        #[cfg(debug_assertions)]
        armed::reach(self);
    }
}

#[cfg(debug_assertions)]
mod armed {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    use super::CrashPoint;

    struct Armed {
        point: CrashPoint,
        times_left: AtomicU32,
    }

    type Watch = Rc<dyn Fn(CrashPoint)>;

    thread_local! {
        static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
    }

    pub(super) fn watch(watch: Box<dyn Fn(CrashPoint)>) {
        WATCH.set(Some(Rc::from(watch)));
    }

    static ARMED: LazyLock<Option<Armed>> = LazyLock::new(|| read(&std::env::var("ONESTOP_CRASH_AT").ok()?));

    fn read(text: &str) -> Option<Armed> {
        let (name, times) = text.split_once(':').unwrap_or((text, "1"));
        let point = CrashPoint::ALL.into_iter().find(|point| point.name() == name)?;
        Some(Armed { point, times_left: AtomicU32::new(times.parse().ok()?) })
    }

    pub(super) fn reach(point: CrashPoint) {
        if let Some(armed) = ARMED.as_ref()
            && armed.point == point
            && armed.times_left.fetch_sub(1, Ordering::Relaxed) == 1
        {
            // Nothing here outlives the signal; a process that may not signal itself aborts.
            let _ = kill(Pid::this(), Signal::SIGKILL);
            std::process::abort();
        }
        let watch = WATCH.with_borrow(Clone::clone);
        if let Some(watch) = watch {
            watch(point);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_point_is_armed_by_its_name_and_the_time_it_is_reached() {
            for point in CrashPoint::ALL {
                let armed = read(point.name()).unwrap();
                assert_eq!((armed.point, armed.times_left.into_inner()), (point, 1));
            }
            let third = read("after-append:3").unwrap();
            assert_eq!((third.point, third.times_left.into_inner()), (CrashPoint::AfterAppend, 3));
            assert!(["", "nowhere", "after-append:", "after-append:often"].iter().all(|text| read(text).is_none()));
        }
    }
}
