//! PostgreSQL's own benchmark on the server under test: its TPC-B-like script, as installed, with its default settings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rust_decimal::Decimal;
use store::testing::PrivatePostgres;

use crate::figure::Latencies;

/// The database of pgbench's tables.
const DATABASE: &str = "pgbench";
/// 2,000,000 accounts.
const SCALE: &str = "20";
/// Threads that drive the clients: one a core of the machine that the targets are for.
const THREADS: usize = 2;

/// pgbench on one server.
#[derive(Debug)]
pub(crate) struct Pgbench {
    program: PathBuf,
    host: PathBuf,
    logs: PathBuf,
}

/// How a stretch of transactions went.
#[derive(Clone, Debug)]
pub(crate) struct Transactions {
    /// Transactions a second, without the time to connect.
    pub(crate) per_second: Decimal,
    /// Of each transaction.
    pub(crate) latencies: Latencies,
}

impl Pgbench {
    /// Fills pgbench's tables. `directory` takes its logs.
    ///
    /// # Errors
    /// No installed pgbench, or one that fails.
    pub(crate) async fn prepare(server: &PrivatePostgres, directory: &Path) -> Result<Self> {
        crate::postgres::create_database(server, DATABASE, None).await?;
        let logs = directory.join("pgbench");
        fs::create_dir_all(&logs).context("a directory cannot be made")?;
        let pgbench = Self { program: server.program("pgbench"), host: server.socket_directory().to_owned(), logs };
        pgbench.run(&["--initialize", "--quiet", "--scale", SCALE]).await?;
        Ok(pgbench)
    }

    /// Has `clients` carry out transactions for as long as `duration`.
    ///
    /// # Errors
    /// Where pgbench fails or its report cannot be read.
    pub(crate) async fn measure(&self, clients: usize, duration: Duration) -> Result<Transactions> {
        for log in self.written_logs()? {
            fs::remove_file(log)?;
        }
        let (clients, threads, time) = (clients, THREADS.min(clients), duration.as_secs().max(1));
        let numbers = [clients.to_string(), threads.to_string(), time.to_string()];
        let [clients, threads, time] = &numbers;
        let run = ["--no-vacuum", "--log", "--client", clients, "--jobs", threads, "--time", time];
        let output = self.run(&run).await?;
        let report = String::from_utf8_lossy(&output.stdout);
        let rate = report.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
        let per_second = rate.and_then(|text| text.parse().ok());
        let per_second = per_second.with_context(|| format!("pgbench reports no rate: {report}"))?;
        let mut taken = Vec::new();
        for log in self.written_logs()? {
            // client, transaction, latency in µs, script, seconds, microseconds
            let text = fs::read_to_string(log)?;
            let columns = text.lines().filter_map(|line| line.split(' ').nth(2)?.parse().ok());
            taken.extend(columns.map(Duration::from_micros));
        }
        Ok(Transactions { per_second, latencies: Latencies::of(taken) })
    }

    fn written_logs(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.logs).context("pgbench's logs cannot be read")?;
        Ok(entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?)
    }

    async fn run(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(&self.program);
        command.arg("--host").arg(&self.host).args(["--username", "onestop"]).args(arguments).arg(DATABASE);
        command.current_dir(&self.logs);
        let output = tokio::task::spawn_blocking(move || command.output()).await?;
        let output = output.with_context(|| format!("{} does not run", self.program.display()))?;
        if !output.status.success() {
            bail!("pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(output)
    }
}
