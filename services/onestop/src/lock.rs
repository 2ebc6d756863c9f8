//! One process at a time on an embedded store.
//!
//! Services remember facts; a second process that changed them behind their back would make them answer from memory
//! what is no longer true.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use anyhow::{Context, Result, bail};
use store::Location;

/// Holds services of an embedded store until it is dropped. A PostgreSQL store needs no holding.
#[derive(Debug)]
pub struct StoreLock {
    _files: Vec<File>,
}

impl StoreLock {
    /// Takes hold of `services`.
    ///
    /// # Errors
    /// Where another process has one of them, or the directory cannot be used.
    pub fn take(location: &Location, services: &[&str]) -> Result<Self> {
        let Location::Directory(directory) = location else { return Ok(Self { _files: Vec::new() }) };
        let shown = directory.display();
        let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.with_context(|| format!("the directory {shown} cannot be made"))?;
        let mut files = Vec::with_capacity(services.len());
        for service in services {
            let path = directory.join(format!("{service}.in-use"));
            let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
            let file = file.with_context(|| format!("{} cannot be opened", path.display()))?;
            match file.try_lock() {
                Ok(()) => files.push(file),
                Err(TryLockError::WouldBlock) => {
                    bail!("another onestop process is using the store in {shown}; stop it, or reach it with --endpoint")
                }
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("{} cannot be locked", path.display()));
                }
            }
        }
        Ok(Self { _files: files })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_of_a_store_is_held_by_one_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::Directory(directory.path().join("data"));
        let held = StoreLock::take(&location, &["register"]).unwrap();
        assert!(StoreLock::take(&location, &["register"]).unwrap_err().to_string().contains("--endpoint"));
        StoreLock::take(&location, &["orchestrator"]).unwrap();
        drop(held);
        StoreLock::take(&location, &["register"]).unwrap();
    }
}
