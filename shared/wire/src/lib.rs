//! The contract of `proto/` in Rust: generated messages and services, the conversions between them and the types of
//! `claim`, and failures as gRPC statuses.
//!
//! Everything that arrives is checked here, all faults at once; nothing behind this crate sees a raw message.

/// The generated messages and services, one module a package.
#[expect(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::as_conversions,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]
pub mod proto {
    /// `google.type`.
    pub mod google {
        pub mod r#type {
            tonic::include_proto!("google.r#type");
        }
    }
    /// `onestop`.
    pub mod onestop {
        pub mod account {
            pub mod v1 {
                tonic::include_proto!("onestop.account.v1");
            }
        }
        pub mod bundle {
            pub mod v1 {
                tonic::include_proto!("onestop.bundle.v1");
            }
        }
        pub mod claim {
            pub mod v1 {
                tonic::include_proto!("onestop.claim.v1");
            }
        }
        pub mod error {
            pub mod v1 {
                tonic::include_proto!("onestop.error.v1");
            }
        }
        pub mod journal {
            pub mod v1 {
                tonic::include_proto!("onestop.journal.v1");
            }
        }
        pub mod payer {
            pub mod v1 {
                tonic::include_proto!("onestop.payer.v1");
            }
        }
        pub mod register {
            pub mod v1 {
                tonic::include_proto!("onestop.register.v1");
            }
        }
        pub mod settlement {
            pub mod v1 {
                tonic::include_proto!("onestop.settlement.v1");
            }
        }
    }
}

/// The encoded descriptors of the whole contract, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

mod adjudication;
mod case;
mod date;
mod decide;
mod facts;
mod failure;
mod listed;
mod priced;
mod reader;
mod statement;

pub use case::{case_from, first_difference};
pub use date::timestamp;
pub use decide::{AsIf, Decide, PayerQuestion};
pub use facts::read_categories;
pub use failure::{ErrorReason, Failure};
pub use listed::{Listed, NotListed};
pub use proto::onestop::{
    account::v1 as account_v1, bundle::v1 as bundle_v1, claim::v1 as claim_v1, journal::v1 as journal_v1,
    payer::v1 as payer_v1, register::v1 as register_v1, settlement::v1 as settlement_v1,
};
pub use reader::{FromMessage, Reader, read};
pub use statement::MAX_ADJUDICATIONS;
