//! A PostgreSQL server for one test process: in a temporary directory, on a Unix socket only, started from the
//! installed binaries as an unprivileged user, and gone when the process ends, however it ends.

use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::Location;

const BINARIES_VARIABLE: &str = "ONESTOP_POSTGRES_BIN";
const VERSIONED_BINARIES: &str = "/usr/lib/postgresql";
/// Who may run the server where the tests run as root, which PostgreSQL refuses.
const UNPRIVILEGED_USERS: [&str; 2] = ["postgres", "nobody"];

/// A restart is refused while a process of the killed server still has its shared memory.
const RESTARTS_MAX: u32 = 100;

/// Makes and starts a server, says `ready`, and waits on its input: that ends with the test process, even a killed one.
const SCRIPT: &str = r#"
umask 077
"$1/initdb" -D "$2/data" -U onestop -A trust -E UTF8 --locale=C --no-sync > "$2/log" 2>&1 &&
printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$2'" 'max_connections = 300' "fsync = $3" \
    >> "$2/data/postgresql.conf" &&
"$1/pg_ctl" -D "$2/data" -l "$2/log" -w start > /dev/null 2>> "$2/log" &&
echo ready || cat "$2/log"
exec >&-
cat > /dev/null
"$1/pg_ctl" -D "$2/data" -m immediate -w stop > /dev/null 2>&1
rm -rf "$2"
"#;

/// Why there is no PostgreSQL to test on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PostgresNotStarted {
    /// No binaries were found.
    #[error(
        "no PostgreSQL found on PATH or under {VERSIONED_BINARIES}: install it with `apt-get install postgresql` or \
         `make setup`, or name the directory of its binaries in {BINARIES_VARIABLE}"
    )]
    NotInstalled,
    /// The tests run as root and there is no user to run the server as.
    #[error("PostgreSQL does not run as root and there is no user postgres or nobody to run it as")]
    NoUser,
    /// The server did not start.
    #[error("PostgreSQL did not start: {0}")]
    Failed(String),
}

impl From<io::Error> for PostgresNotStarted {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What a committed write survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durability {
    /// The end of the server's processes: enough for a test, and fast.
    ProcessEnd,
    /// A power cut.
    PowerCut,
}

impl Durability {
    const fn fsync(self) -> &'static str {
        match self {
            Self::ProcessEnd => "off",
            Self::PowerCut => "on",
        }
    }
}

/// A server of the test process alone.
#[derive(Debug)]
pub struct PrivatePostgres {
    directory: PathBuf,
    binaries: PathBuf,
    /// User and group of the server, where they are not those of the tests.
    runs_as: Option<(u32, u32)>,
    databases: AtomicU64,
    /// The server lives as long as this pipe.
    _alive: ChildStdin,
}

impl PrivatePostgres {
    /// The server of this process; started on the first call.
    ///
    /// # Errors
    /// No installed PostgreSQL, or one that does not start.
    pub fn start() -> Result<&'static Self, PostgresNotStarted> {
        static SERVER: OnceLock<Result<PrivatePostgres, PostgresNotStarted>> = OnceLock::new();
        SERVER.get_or_init(|| start(Durability::ProcessEnd)).as_ref().map_err(Clone::clone)
    }

    /// A server for one test, which may do to it what would disturb others.
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`].
    pub fn start_another() -> Result<Self, PostgresNotStarted> {
        start(Durability::ProcessEnd)
    }

    /// A server to measure on: every setting that durability rests on is PostgreSQL's own default, fsync on.
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`].
    pub fn start_durable() -> Result<Self, PostgresNotStarted> {
        start(Durability::PowerCut)
    }

    /// Kills the server's first process (SIGKILL); the others end when they notice.
    ///
    /// # Errors
    /// A server that does not run.
    pub fn kill(&self) -> Result<(), PostgresNotStarted> {
        let noted = std::fs::read_to_string(self.directory.join("data/postmaster.pid"))?;
        let pid = noted.lines().next().and_then(|line| line.parse().ok());
        let pid = pid.ok_or_else(|| PostgresNotStarted::Failed(format!("no process in {noted:?}")))?;
        kill(Pid::from_raw(pid), Signal::SIGKILL).map_err(|error| io::Error::from(error).into())
    }

    /// Starts a killed server again on what it had stored, and waits until it answers.
    ///
    /// # Errors
    /// A server that does not start.
    pub fn restart(&self) -> Result<(), PostgresNotStarted> {
        for _ in 0..RESTARTS_MAX {
            let mut command = Command::new(self.binaries.join("pg_ctl"));
            command.arg("-D").arg(self.directory.join("data")).arg("-l").arg(self.directory.join("log"));
            command.args(["-w", "start"]).current_dir(&self.directory).process_group(0);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            if let Some((user, group)) = self.runs_as {
                command.uid(user).gid(group);
            }
            if command.status()?.success() {
                return Ok(());
            }
        }
        Err(PostgresNotStarted::Failed(std::fs::read_to_string(self.directory.join("log"))?))
    }

    /// A new, empty database.
    ///
    /// # Errors
    /// A server that no longer answers.
    pub async fn new_database(&self) -> Result<Location, PostgresNotStarted> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let failed = |error: sqlx::Error| PostgresNotStarted::Failed(error.to_string());
        let mut connection = PgConnection::connect(&self.url("postgres")).await.map_err(failed)?;
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.map_err(failed)?;
        connection.close().await.map_err(failed)?;
        Ok(Location::Postgres(self.url(&name)))
    }

    /// The URL of a database of this server, whether it exists or not.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://onestop@localhost/{database}?host={}", self.directory.display())
    }

    /// Where the server listens: the directory of its Unix socket.
    #[must_use]
    pub fn socket_directory(&self) -> &Path {
        &self.directory
    }

    /// A program that belongs to the server, such as `pgbench`: beside the server, or where the shell finds it.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        Some(self.binaries.join(name)).filter(|program| program.is_file()).unwrap_or_else(|| PathBuf::from(name))
    }
}

fn start(durability: Durability) -> Result<PrivatePostgres, PostgresNotStarted> {
    let binaries = binaries().ok_or(PostgresNotStarted::NotInstalled)?;
    // A socket's path has at most 107 bytes, so the directory is not put below a deep one.
    let directory = tempfile::Builder::new().prefix("onestop-pg-").tempdir()?;
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o700))?;
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT, "sh"]).arg(&binaries).arg(directory.path()).arg(durability.fsync());
    command.current_dir(directory.path());
    // In a group of its own an interrupt from the terminal ends the tests first and then, by the pipe, the server.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let runs_as = if is_root()? { Some(unprivileged_user()?.ok_or(PostgresNotStarted::NoUser)?) } else { None };
    if let Some((user, group)) = runs_as {
        chown(directory.path(), Some(user), Some(group))?;
        command.uid(user).gid(group);
    }
    let mut child = command.spawn()?;
    let (alive, output) = (child.stdin.take(), child.stdout.take());
    let mut said = String::new();
    output.into_iter().try_for_each(|mut output| output.read_to_string(&mut said).map(drop))?;
    match alive {
        Some(alive) if said == "ready\n" => {
            let (directory, databases) = (directory.keep(), AtomicU64::new(1));
            Ok(PrivatePostgres { directory, binaries, runs_as, databases, _alive: alive })
        }
        _ => Err(PostgresNotStarted::Failed(said)),
    }
}

fn binaries() -> Option<PathBuf> {
    let complete =
        |directory: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|name| directory.join(name).is_file());
    if let Some(named) = std::env::var_os(BINARIES_VARIABLE) {
        return Some(PathBuf::from(named)).filter(complete);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(complete)
        .or_else(|| versioned(Path::new(VERSIONED_BINARIES)).into_iter().find(complete))
}

/// The directories of installed versions, the newest first.
fn versioned(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, directory)| directory).collect()
}

fn is_root() -> io::Result<bool> {
    // A file made by this process belongs to the user that it runs as.
    Ok(tempfile::tempfile()?.metadata()?.uid() == 0)
}

fn unprivileged_user() -> io::Result<Option<(u32, u32)>> {
    let users = std::fs::read_to_string("/etc/passwd")?;
    let ids_of = |name: &str| {
        let mut fields = users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Ok(UNPRIVILEGED_USERS.into_iter().find_map(ids_of))
}
