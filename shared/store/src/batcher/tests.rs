use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, Semaphore};

use super::*;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    OfOneItem,
    OfTheStore,
}

impl BatchFailure for Fault {
    fn may_be_one_items_fault(&self) -> bool {
        matches!(self, Self::OfOneItem)
    }
}

/// A handler that says when it has begun and ends a batch only when it is let.
struct Gate {
    begun: Notify,
    may_end: Semaphore,
    sizes: std::sync::Mutex<Vec<usize>>,
}

fn gated(limits: BatchLimits) -> (Arc<Gate>, Batcher<u32, u32, Fault>) {
    let gate = Arc::new(Gate { begun: Notify::new(), may_end: Semaphore::new(0), sizes: std::sync::Mutex::default() });
    let batcher = Batcher::start("test", limits, {
        let gate = Arc::clone(&gate);
        move |items: Vec<u32>| {
            let gate = Arc::clone(&gate);
            async move {
                gate.sizes.lock().unwrap().push(items.len());
                gate.begun.notify_one();
                gate.may_end.acquire().await.unwrap().forget();
                Ok(items.into_iter().map(|item| Ok(item * 2)).collect())
            }
        }
    });
    (gate, batcher)
}

/// Puts an item into the queue; the answer is waited for in a task of its own.
async fn submitted(
    batcher: &Batcher<u32, u32, Fault>,
    item: u32,
) -> tokio::task::JoinHandle<Result<u32, BatchError<Fault>>> {
    let batcher = batcher.clone();
    let mut answer = Box::pin(async move { batcher.submit(item).await });
    tokio::select! {
        biased;
        _ = &mut answer => panic!("answered before the handler could run"),
        () = std::future::ready(()) => {}
    }
    tokio::spawn(answer)
}

#[tokio::test]
async fn what_waits_while_a_batch_is_handled_is_the_next_batch() {
    let (gate, batcher) = gated(BatchLimits { waiting_max: 16, batch_max: 3 });
    let first = submitted(&batcher, 1).await;
    gate.begun.notified().await;
    let mut others = Vec::new();
    for item in 2..=5 {
        others.push(submitted(&batcher, item).await);
    }
    gate.may_end.add_permits(3);
    assert_eq!(first.await.unwrap(), Ok(2));
    for (item, other) in (2..=5).zip(others) {
        assert_eq!(other.await.unwrap(), Ok(item * 2));
    }
    assert_eq!(*gate.sizes.lock().unwrap(), [1, 3, 1]);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let (gate, batcher) = gated(BatchLimits { waiting_max: 1, batch_max: 1 });
    let first = submitted(&batcher, 1).await;
    gate.begun.notified().await;
    let second = submitted(&batcher, 2).await;
    assert_eq!(batcher.submit(3).await, Err(BatchError::Overloaded));
    gate.may_end.add_permits(2);
    assert_eq!(first.await.unwrap(), Ok(2));
    assert_eq!(second.await.unwrap(), Ok(4));
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_disturb_the_others() {
    let (gate, batcher) = gated(BatchLimits::default());
    let first = submitted(&batcher, 1).await;
    gate.begun.notified().await;
    let second = submitted(&batcher, 2).await;
    let third = submitted(&batcher, 3).await;
    first.abort();
    second.abort();
    gate.may_end.add_permits(2);
    assert_eq!(third.await.unwrap(), Ok(6));
    assert_eq!(*gate.sizes.lock().unwrap(), [1, 2]);
}

#[tokio::test]
async fn a_panic_loses_its_batch_and_not_the_worker() {
    let batcher: Batcher<u32, u32, Fault> =
        Batcher::start("test", BatchLimits::default(), |items: Vec<u32>| async move {
            assert!(!items.contains(&13), "unlucky");
            Ok(items.into_iter().map(Ok).collect())
        });
    assert_eq!(batcher.submit(13).await, Err(BatchError::Lost));
    assert_eq!(batcher.submit(14).await, Ok(14));
}

#[tokio::test]
async fn an_item_that_the_handler_forgets_is_told_so() {
    let batcher: Batcher<u32, u32, Fault> =
        Batcher::start("test", BatchLimits::default(), |_| async { Ok(Vec::new()) });
    assert_eq!(batcher.submit(1).await, Err(BatchError::Lost));
}

#[test]
fn a_worker_that_ended_is_an_error_and_no_hang() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let batcher = runtime.block_on(async { gated(BatchLimits::default()).1 });
    drop(runtime);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(batcher.submit(1)), Err(BatchError::Lost));
}

/// Fails a whole batch with `fault` where item 13 is in it.
async fn fail_together(fault: Fault) -> (usize, Vec<Result<u32, BatchError<Fault>>>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let begun = Arc::new(Notify::new());
    let may_go_on = Arc::new(Semaphore::new(0));
    let batcher: Batcher<u32, u32, Fault> = Batcher::start("test", BatchLimits::default(), {
        let (runs, begun, may_go_on) = (Arc::clone(&runs), Arc::clone(&begun), Arc::clone(&may_go_on));
        move |items: Vec<u32>| {
            let (runs, begun, may_go_on) = (Arc::clone(&runs), Arc::clone(&begun), Arc::clone(&may_go_on));
            let fault = fault.clone();
            async move {
                if items == [0] {
                    begun.notify_one();
                    may_go_on.acquire().await.unwrap().forget();
                } else {
                    runs.fetch_add(1, Ordering::Relaxed);
                }
                if items.contains(&13) { Err(fault) } else { Ok(items.into_iter().map(Ok).collect()) }
            }
        }
    });
    let first = submitted(&batcher, 0).await;
    begun.notified().await;
    let mut waiting = Vec::new();
    for item in [12, 13, 14] {
        waiting.push(submitted(&batcher, item).await);
    }
    may_go_on.add_permits(1);
    first.await.unwrap().unwrap();
    let mut answers = Vec::new();
    for answer in waiting {
        answers.push(answer.await.unwrap());
    }
    (runs.load(Ordering::Relaxed), answers)
}

#[tokio::test]
async fn a_batch_that_one_item_may_have_failed_is_tried_item_by_item() {
    let (runs, answers) = fail_together(Fault::OfOneItem).await;
    assert_eq!(answers, [Ok(12), Err(BatchError::Failed(Fault::OfOneItem)), Ok(14)]);
    assert_eq!(runs, 4);
}

#[tokio::test]
async fn a_batch_that_the_store_failed_is_not_tried_again() {
    let (runs, answers) = fail_together(Fault::OfTheStore).await;
    assert!(answers.iter().all(|answer| *answer == Err(BatchError::Failed(Fault::OfTheStore))));
    assert_eq!(runs, 1);
}
