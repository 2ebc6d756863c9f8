//! What a run tells: lines on the terminal, and the summary's file.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::chart::{Chart, Group};
use crate::figure::json;

/// Writes one line. A terminal that is gone stops no measurement.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The figures that have targets, each under its key, and all raw figures below `raw`.
#[derive(Default)]
pub(crate) struct Summary {
    figures: Map<String, Value>,
    raw: Map<String, Value>,
    charts: Vec<(&'static str, Chart)>,
}

impl Summary {
    /// A figure with a target.
    pub(crate) fn figure(&mut self, key: &str, figure: Decimal) {
        say(&format!("{key} = {figure}"));
        self.figures.insert(key.to_owned(), json(figure));
    }

    /// Raw figures.
    pub(crate) fn raw(&mut self, name: &str, figures: Value) {
        self.raw.insert(name.to_owned(), figures);
    }

    /// A chart, written as `name.svg`.
    pub(crate) fn chart(&mut self, name: &'static str, title: &str, groups: Vec<Group>) {
        self.charts.push((name, Chart { title: title.to_owned(), groups }));
    }

    /// Writes `summary.json` and the charts.
    ///
    /// # Errors
    /// A directory that cannot be written.
    pub(crate) fn write(&self, directory: &Path) -> Result<()> {
        let mut all = self.figures.clone();
        all.insert("raw".to_owned(), Value::Object(self.raw.clone()));
        let path = directory.join("summary.json");
        fs::create_dir_all(directory).context("the output directory cannot be made")?;
        let text = serde_json::to_string_pretty(&all)?;
        fs::write(&path, text + "\n").with_context(|| format!("{} cannot be written", path.display()))?;
        for (name, chart) in &self.charts {
            fs::write(directory.join(name).with_extension("svg"), chart.to_svg())?;
        }
        Ok(())
    }
}
