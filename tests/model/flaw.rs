//! Ways to get the protocol wrong, each of which the checker has to find, and one that it shows to be harmless.

/// A deliberate departure from the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// The protocol as it is designed.
    None,
    /// A link is appended even where its place is taken.
    PlaceTakenTwice,
    /// A request that finds its place taken is answered as if it had got it.
    LoserAnswered,
    /// No unique key over (person, request id): only the head that a request looked itself up with protects it.
    NoRequestKey,
    /// As before, and the request is looked up before the head is read, not with it.
    LookedUpBeforeHead,
    /// A settlement is computed from a head that is still open.
    OpenHeadIgnored,
    /// A link keeps where the counter stood before it.
    CounterOfBefore,
    /// The payers are asked to book before the link is there.
    PostBeforeAppend,
    /// A payer books a repeated post again.
    PostsBookedAgain,
    /// A link is closed before its payers booked it.
    CloseBeforePost,
    /// Nobody looks for open links.
    NoRecovery,
    /// A cancellation is posted under the id of the settlement that it undoes.
    CancelUnderOldId,
    /// Reversing a request that has not arrived leaves no trace.
    ReversalForgotten,
    /// Reversing a request that has not arrived is remembered in a table of its own, not in the chain.
    ReversalBesideChain,
    /// The facts are gathered before the head is read.
    FactsBeforeHead,
    /// A re-adjudication that changes no amount leaves no link.
    NoLinkWithoutDifference,
    /// An account is drawn on without a hold.
    NoHold,
    /// A hold that is too old is freed whatever the journal says.
    ExpiryByTime,
    /// A hold that is too old is freed where the journal has no link of its settlement yet.
    ExpiryAfterLook,
    /// A hold is voided where the answer to the append was lost.
    VoidOnLostAnswer,
    /// Nobody frees a hold that is too old.
    NoExpiry,
}
