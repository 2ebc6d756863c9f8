//! What the tests of the whole platform share: a small register, cases of it, and the real binary.

#![expect(
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "a test fails where its premises do not hold; a date is optional on the wire"
)]

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use store::Location;
use wire::claim_v1::{Case, CaseLine, VisitKind};
use wire::proto::google::r#type::Date;

pub(crate) const HOSPITAL_1: &str = "H53010000001";
pub(crate) const HOSPITAL_2: &str = "H53010000002";
pub(crate) const HOSPITAL_3: &str = "H53010000003";

/// The top of the project.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The sample register's files, in the order in which they are imported.
pub(crate) fn register_files() -> Vec<PathBuf> {
    ["1-persons", "2-categories", "3-institutions", "4-items"]
        .map(|file| project().join(format!("examples/register/{file}.csv")))
        .to_vec()
}

/// The binary under test, on the store at `location`, apart from the machine's environment.
pub(crate) fn onestop(location: &Location) -> Command {
    on_store(Command::new(env!("CARGO_BIN_EXE_onestop")), location)
}

/// As [`onestop`], in a process whose writes beyond a limit of file size fail and do not end it.
pub(crate) fn onestop_outliving_its_room(location: &Location) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap '' XFSZ; exec "$@""#, "sh", env!("CARGO_BIN_EXE_onestop")]);
    on_store(command, location)
}

fn on_store(mut command: Command, location: &Location) -> Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ONESTOP_")) {
        command.env_remove(name);
    }
    match location {
        Location::Directory(directory) => command.env("ONESTOP_DATA", directory),
        Location::Postgres(url) => command.env("ONESTOP_DATABASE_URL", url),
    };
    command
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Output {
    command.output().expect("the binary runs")
}

/// What a command printed.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Imports files with the binary.
pub(crate) fn import(location: &Location, files: &[PathBuf]) {
    let output = run(onestop(location).arg("import").args(files));
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// A serving process. Dropping it kills it.
pub(crate) struct Serving {
    child: Child,
    pub(crate) endpoint: String,
}

impl Serving {
    /// Starts `command` and waits for its address.
    pub(crate) fn start(command: &mut Command) -> Self {
        let serving = Self::start_or_end(command);
        assert!(!serving.endpoint.is_empty(), "it did not start");
        serving
    }

    /// Starts `command` and waits until it serves or ends; it has an endpoint where it serves.
    pub(crate) fn start_or_end(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let endpoint = line.trim().strip_prefix("listening on ").unwrap_or_default().to_owned();
        Self { child, endpoint }
    }

    /// The process's number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end, which has to be by SIGKILL.
    pub(crate) fn assert_killed(mut self) {
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.signal(), Some(9), "it ended otherwise: {status}");
    }

    /// Ends it at once, as a power cut would (SIGKILL).
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Asks it to stop and waits until it did.
    pub(crate) fn stop(mut self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a pid"));
        kill(pid, Signal::SIGTERM).expect("it can be asked");
        assert!(self.child.wait().expect("it ends").success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Already ended where a test ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) const fn date(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

/// An ordinary outpatient bill of one class A line.
pub(crate) fn visit(person: &str, institution: &str, day: Option<Date>, amount_fen: i64) -> Case {
    Case {
        person_id: person.to_owned(),
        institution_id: institution.to_owned(),
        kind: VisitKind::Outpatient.into(),
        service_date: day,
        total_fen: amount_fen,
        lines: vec![line("C0002", amount_fen)],
        ..Case::default()
    }
}

/// A stay of one class A line.
pub(crate) fn stay(
    person: &str,
    institution: &str,
    admitted: Option<Date>,
    discharged: Option<Date>,
    amount_fen: i64,
) -> Case {
    Case {
        kind: VisitKind::Inpatient.into(),
        admission_date: admitted,
        diagnosis: "pneumonia".to_owned(),
        ..visit(person, institution, discharged, amount_fen)
    }
}

pub(crate) fn line(item_code: &str, amount_fen: i64) -> CaseLine {
    CaseLine { item_code: item_code.to_owned(), quantity: 1, amount_fen, ..CaseLine::default() }
}
