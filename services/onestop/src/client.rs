//! The platform as a command reaches it: over the network, or opened in this process.

use anyhow::Result;
use host::{MAX_MESSAGE_BYTES, Transport};
use wire::account_v1::accounts_client::AccountsClient;
use wire::register_v1::register_client::RegisterClient;
use wire::register_v1::upkeep_client::UpkeepClient;
use wire::settlement_v1::one_stop_client::OneStopClient;

use crate::cli::ClientArgs;
use crate::lock::StoreLock;
use crate::platform::Platform;
use crate::rules;

/// The way to the platform's services.
pub struct Client {
    /// One-stop settlement.
    pub one_stop: OneStopClient<Transport>,
    /// The register.
    pub register: RegisterClient<Transport>,
    /// The individual accounts.
    pub accounts: AccountsClient<Transport>,
    /// The register's upkeep.
    pub upkeep: UpkeepClient<Transport>,
    _lock: Option<StoreLock>,
}

impl Client {
    /// The platform at `args.endpoint`, or opened in this process.
    ///
    /// # Errors
    /// Where the endpoint is malformed, or the store or the rules cannot be used.
    pub async fn open(args: &ClientArgs) -> Result<Self> {
        if let Some(endpoint) = &args.endpoint {
            let transport = host::remote(endpoint)?;
            return Ok(Self::over(std::array::from_fn(|_| transport.clone()), None));
        }
        let lookup = rules::lookup(&args.rules)?;
        let Platform { one_stop, register, upkeep, accounts, orchestrator: _, lock } =
            Platform::open(&args.store.location(), &lookup).await?;
        let [one_stop, register, upkeep, accounts] = [
            host::in_process(one_stop),
            host::in_process(register),
            host::in_process(upkeep),
            host::in_process(accounts),
        ];
        Ok(Self::over([one_stop, register, upkeep, accounts], Some(lock)))
    }

    fn over([one_stop, register, upkeep, accounts]: [Transport; 4], lock: Option<StoreLock>) -> Self {
        Self {
            one_stop: OneStopClient::new(one_stop)
                .max_decoding_message_size(MAX_MESSAGE_BYTES)
                .max_encoding_message_size(MAX_MESSAGE_BYTES),
            register: RegisterClient::new(register)
                .max_decoding_message_size(MAX_MESSAGE_BYTES)
                .max_encoding_message_size(MAX_MESSAGE_BYTES),
            accounts: AccountsClient::new(accounts),
            upkeep: UpkeepClient::new(upkeep)
                .max_decoding_message_size(MAX_MESSAGE_BYTES)
                .max_encoding_message_size(MAX_MESSAGE_BYTES),
            _lock: lock,
        }
    }
}
