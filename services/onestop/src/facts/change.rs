//! One fact that is recorded or withdrawn from the command line, as a file of one row.

use std::io::Write;

use anyhow::{Result, bail};
use claim::Standing;
use wire::register_v1::import_file_request::Part;
use wire::register_v1::{FactKind, FactRow, FileEnd, FileHeader, FileRows, ImportFileRequest};

use crate::cli::{AgreementArgs, ChangeArgs, ChangeTrailArgs};
use crate::client::Client;
use crate::import::{description, take_outcome};
use crate::render::Lang;
use crate::touched;

/// A fact to record or to withdraw.
pub(super) struct Change {
    kind: FactKind,
    columns: Vec<String>,
    cells: Vec<String>,
    withdraw: bool,
    trail: ChangeTrailArgs,
}

impl Change {
    /// A fact whose columns are given as in a file.
    ///
    /// # Errors
    /// An argument that names no column.
    pub(super) fn of(args: ChangeArgs, kind: FactKind) -> Result<Self> {
        let (mut columns, mut cells) = (Vec::new(), Vec::new());
        for cell in &args.cells {
            let Some((column, value)) = cell.split_once('=') else { bail!("an argument is not COLUMN=VALUE") };
            columns.push(column.to_owned());
            cells.push(value.to_owned());
        }
        Ok(Self { kind, columns, cells, withdraw: false, trail: args.trail })
    }

    /// A fact of the catalogue: of a diagnosis where its columns say so, of an item otherwise.
    ///
    /// # Errors
    /// As [`Change::of`].
    pub(super) fn of_catalogue(args: ChangeArgs) -> Result<Self> {
        let change = Self::of(args, FactKind::Item)?;
        let of_diagnosis = register::fact_kind_of(&change.columns) == Some(FactKind::DiseasePrice);
        Ok(if of_diagnosis { Self { kind: FactKind::DiseasePrice, ..change } } else { change })
    }

    /// A state of an agreement.
    pub(super) fn of_agreement(args: AgreementArgs, state: Standing) -> Self {
        let AgreementArgs { id, from, to, grounds, temporary, decided_by, change } = args;
        let row = [
            ("institution_id", id),
            ("state", state.to_string()),
            ("from", from.to_string()),
            ("to", to.map(|to| to.to_string()).unwrap_or_default()),
            ("grounds", grounds.join(";")),
            ("temporary", temporary.unwrap_or_default()),
            ("decided_by", decided_by.unwrap_or_default()),
        ];
        let (columns, cells) = row.into_iter().map(|(column, cell)| (column.to_owned(), cell)).unzip();
        Self { kind: FactKind::Agreement, columns, cells, withdraw: false, trail: change }
    }

    /// The same fact, which was recorded by mistake.
    pub(super) fn withdrawing(self) -> Self {
        Self { withdraw: true, ..self }
    }

    /// Makes the change and names the settlements that it may touch; answers whether nothing was at fault.
    ///
    /// # Errors
    /// Where the platform cannot be used.
    pub(super) async fn make(self) -> Result<bool> {
        let Self { kind, columns, cells, withdraw, trail } = self;
        let header = FileHeader {
            kind: kind.into(),
            columns,
            validate_only: trail.check,
            changed_by: trail.by.clone(),
            reason: trail.reason.clone(),
            source: "onestop".to_owned(),
            withdraw,
            dictionary: trail.dictionary.clone(),
            ..FileHeader::default()
        };
        let row = Part::Rows(FileRows { rows: vec![FactRow { number: 1, cells }] });
        let parts = [Part::Header(header), row, Part::End(FileEnd { rows: 1 })];
        let parts = parts.map(|part| ImportFileRequest { part: Some(part) });
        let mut client = Client::open(&trail.client).await?;
        let mut faults = Vec::new();
        let outcome = take_outcome(&mut client, tokio_stream::iter(parts), |answer| {
            faults.extend(answer.rejected);
            Ok(())
        });
        let outcome = outcome.await?;
        let mut out = std::io::stdout().lock();
        for fault in &faults {
            writeln!(out, "{} {}", fault.column, description(fault, trail.lang))?;
        }
        if outcome.faults == 0 {
            let (changed, stored) = (outcome.changed_rows, outcome.stored_rows);
            let words = match (withdraw, trail.lang) {
                (true, Lang::ZhCn) => format!("已撤回 {stored} 条"),
                (true, Lang::En) => format!("{stored} of 1 fact withdrawn"),
                (false, Lang::ZhCn) => format!("新内容 {changed} 条，已入库 {stored} 条"),
                (false, Lang::En) => format!("{changed} of 1 fact new, {stored} stored"),
            };
            writeln!(out, "{words}")?;
            if outcome.altered_subjects > 0 {
                let altering = [outcome.change_sequence];
                touched::offer(&client, &trail.client, &altering, true, trail.lang, &mut out).await?;
            }
        }
        Ok(outcome.faults == 0)
    }
}
