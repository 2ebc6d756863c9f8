//! The contract of `proto/` in Rust: generated messages and services, the conversions between them and the types of
//! `claim`, and failures as gRPC statuses.
//!
//! Everything that arrives is checked here, all faults at once; nothing behind this crate sees a raw message.

/// The generated messages and services, one module a package.
#[expect(missing_docs, clippy::all, clippy::pedantic, clippy::wildcard_enum_match_arm, clippy::as_conversions, reason = "generated")]
pub mod proto {
    /// `google.type`.
    pub mod google {
        pub mod r#type {
            tonic::include_proto!("google.r#type");
        }
    }
    /// `onestop`.
    pub mod onestop {
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

mod failure;

pub use failure::{ErrorReason, Failure};
