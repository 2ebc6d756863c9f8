//! Published prices of diseases, by which day surgery is paid.

use chrono::NaiveDate;
use claim::{DiagnosisCode, Level};
use money::Fen;
use serde_json::json;

use super::{FactRow, Misfit, Record};
use crate::cells::Cells;
use crate::dated::Period;
use crate::fact_kind::{Column, optional, required};
use crate::history::{CatalogueHistory, DiseasePrice};
use crate::tables::DISEASE_PRICE;
use crate::words::said;

/// One time for which a diagnosis has a published price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DiseasePriceRow {
    diagnosis: DiagnosisCode,
    /// The level that has the price as its own.
    level: Option<Level>,
    price: DiseasePrice,
    period: Period,
}

impl FactRow for DiseasePriceRow {
    type History = CatalogueHistory;

    const COLUMNS: &'static [Column] = &[
        required("diagnosis", "诊断编码"),
        required("name", "病种名称"),
        optional("level", "医院等级").listed("level"),
        required("price", "付费标准"),
        required("from", "开始日期"),
        optional("to", "结束日期"),
    ];

    fn parse(cells: &Cells<'_>, _today: NaiveDate) -> Option<Self> {
        let diagnosis = cells.value("diagnosis");
        let name = cells.name("name");
        let level = cells.optional_value("level");
        let price = cells.value::<Fen>("price").and_then(|price| {
            cells.check("price", price > Fen::ZERO, said("is not above zero", "应大于零"))?;
            Some(price)
        });
        let period = cells.period("from", "to");
        let price = DiseasePrice { name: name?, price: price? };
        Some(Self { diagnosis: diagnosis?, level: level?, price, period: period? })
    }

    fn id(&self) -> &str {
        self.diagnosis.as_str()
    }

    fn detail(&self) -> Option<&str> {
        self.level.map(Level::as_str)
    }

    fn period(&self) -> Period {
        self.period
    }

    fn is_held(&self, history: &CatalogueHistory) -> bool {
        history.prices.get(&self.level).is_some_and(|prices| prices.holds(self.period, &self.price))
    }

    fn put(&self, history: &mut CatalogueHistory) {
        history.prices.entry(self.level).or_default().put(self.period, self.price.clone());
    }

    fn check(&self, history: &CatalogueHistory) -> Result<(), Misfit> {
        let overlapping = history.prices.get(&self.level).and_then(|prices| prices.overlapping(self.period));
        Misfit::unless_overlapping("from", overlapping)
    }

    fn begins_in(&self, history: &CatalogueHistory) -> bool {
        history.prices.get(&self.level).is_some_and(|prices| prices.begins_on(self.period.from))
    }

    fn dated_record(&self) -> Record {
        let columns = json!({
            "diagnosis": self.id(),
            "level": self.detail().unwrap_or_default(),
            "from_date": self.period.from,
            "to_date": self.period.to,
            "name": *self.price.name,
            "price_fen": self.price.price.get(),
        });
        Record { table: &DISEASE_PRICE, columns, replaces: false }
    }
}
