//! The platform under test: the released binary, in processes of its own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use store::Location;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// The binary and how it is run.
#[derive(Clone, Debug)]
pub(crate) struct Onestop {
    /// The binary.
    pub(crate) program: PathBuf,
}

impl Onestop {
    /// A command on the store at `location`, apart from the machine's environment.
    pub(crate) fn command(&self, location: &Location) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ONESTOP_")) {
            command.env_remove(name);
        }
        // A measurement that makes bookings fail is not to be told so ten thousand times.
        command.env("ONESTOP_LOG", "off");
        match location {
            Location::Directory(directory) => command.env("ONESTOP_DATA", directory),
            Location::Postgres(url) => command.env("ONESTOP_DATABASE_URL", url),
        };
        command
    }

    /// Imports register files.
    ///
    /// # Errors
    /// A refused import.
    pub(crate) async fn import(&self, location: &Location, files: &[PathBuf]) -> Result<()> {
        let mut command = self.command(location);
        command.arg("import").args(files);
        let output = tokio::task::spawn_blocking(move || command.output()).await?;
        let output = output.with_context(|| format!("{} does not run", self.program.display()))?;
        if !output.status.success() {
            bail!("the import failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    /// Starts one target and waits until its health check answers.
    ///
    /// # Errors
    /// A process that does not come to serve.
    pub(crate) async fn serve(&self, location: &Location, target: &str, arguments: &[String]) -> Result<Serving> {
        let mut command = self.command(location);
        command.args(["serve", "--target", target, "--listen", "127.0.0.1:0"]).args(arguments);
        let started = Instant::now();
        let child = command.stdout(Stdio::piped()).spawn();
        let mut child = child.with_context(|| format!("{} does not run", self.program.display()))?;
        let stdout = child.stdout.take();
        let mut serving = Serving { child, endpoint: String::new(), start: Duration::ZERO };
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            stdout.map(|stdout| BufReader::new(stdout).read_line(&mut line)).transpose().map(|_| line)
        });
        let line = line.await??;
        let endpoint = line.trim().strip_prefix("listening on ").context("a server did not start")?;
        endpoint.clone_into(&mut serving.endpoint);
        let channel = Endpoint::from_shared(serving.endpoint.clone())?.connect().await.context("nothing listens")?;
        let mut health = HealthClient::new(channel);
        let answer = health.check(HealthCheckRequest::default()).await?.into_inner();
        if answer.status() != ServingStatus::Serving {
            bail!("the health check of {target} says {:?}", answer.status());
        }
        serving.start = started.elapsed();
        Ok(serving)
    }

    /// Starts the whole platform in one process.
    ///
    /// # Errors
    /// A process that does not come to serve.
    pub(crate) async fn serve_all(&self, location: &Location) -> Result<Serving> {
        self.serve(location, "all", &[]).await
    }
}

/// A serving process. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Serving {
    child: Child,
    /// Where it listens.
    pub(crate) endpoint: String,
    /// From its first instruction to the health check's answer.
    pub(crate) start: Duration,
}

impl Serving {
    /// The most memory that it held at once, in KiB.
    ///
    /// # Errors
    /// A process that has ended.
    pub(crate) fn peak_memory_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak.context("the process has no memory")
    }

    fn wait(mut self) -> std::io::Result<std::process::ExitStatus> {
        self.child.wait()
    }

    /// Asks it to stop and waits until it did.
    ///
    /// # Errors
    /// A process that fails on its way out.
    pub(crate) async fn stop(self) -> Result<()> {
        kill(Pid::from_raw(i32::try_from(self.child.id())?), Signal::SIGTERM)?;
        let status = tokio::task::spawn_blocking(move || self.wait()).await??;
        if !status.success() {
            bail!("a server ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Already ended where it was stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
