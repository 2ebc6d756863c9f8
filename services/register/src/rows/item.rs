//! Items of the catalogue with their price caps.

use chrono::NaiveDate;
use claim::{ItemClass, ItemCode, ItemTerms};
use money::{Fen, Rate};
use serde_json::json;

use super::{FactRow, Misfit, Record};
use crate::cells::Cells;
use crate::dated::Period;
use crate::fact_kind::{Column, optional, required};
use crate::history::{CatalogueEntry, CatalogueHistory, LevelCaps};
use crate::tables::ITEM;
use crate::words::{said, words};

/// One time for which the catalogue holds one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemRow {
    item_code: ItemCode,
    entry: CatalogueEntry,
    period: Period,
}

impl FactRow for ItemRow {
    type History = CatalogueHistory;

    const COLUMNS: &'static [Column] = &[
        required("item_code", "项目编码"),
        required("name", "项目名称"),
        optional("item_kind", "目录类别").listed("item-kind"),
        required("class", "费用等级").listed("item-class"),
        optional("self_pay_rate", "先行自付比例"),
        optional("self_pay_rate_resident", "居民先行自付比例"),
        optional("price_cap", "限价"),
        optional("price_cap_level_1", "一级限价"),
        optional("price_cap_level_2", "二级限价"),
        optional("price_cap_level_3", "三级限价"),
        optional("drug", "谈判药品"),
        required("from", "开始日期"),
        optional("to", "结束日期"),
    ];

    fn parse(cells: &Cells<'_>, _today: NaiveDate) -> Option<Self> {
        let item_code = cells.value("item_code");
        let name = cells.name("name");
        let kind = cells.optional_value("item_kind");
        let class = cells.value("class");
        let self_pay_rate = parse_self_pay_rate(cells, class);
        let resident_self_pay_rate = parse_share(cells, "self_pay_rate_resident", class);
        let price_cap = parse_price_cap(cells, "price_cap");
        let level_caps = ["price_cap_level_1", "price_cap_level_2", "price_cap_level_3"]
            .map(|column| parse_price_cap(cells, column));
        let drug = cells.optional_value("drug");
        let period = cells.period("from", "to");
        let terms = ItemTerms { class: class?, self_pay_rate: self_pay_rate?, price_cap: price_cap? };
        let [one, two, three] = level_caps;
        let level_caps = LevelCaps([one?, two?, three?]);
        let entry = CatalogueEntry {
            name: name?,
            kind: kind?,
            terms,
            resident_self_pay_rate: resident_self_pay_rate?,
            level_caps,
            drug: drug?,
        };
        Some(Self { item_code: item_code?, entry, period: period? })
    }

    fn id(&self) -> &str {
        self.item_code.as_str()
    }

    fn period(&self) -> Period {
        self.period
    }

    fn is_held(&self, history: &CatalogueHistory) -> bool {
        history.item.holds(self.period, &self.entry)
    }

    fn put(&self, history: &mut CatalogueHistory) {
        history.item.put(self.period, self.entry.clone());
    }

    fn check(&self, history: &CatalogueHistory) -> Result<(), Misfit> {
        Misfit::unless_overlapping("from", history.item.overlapping(self.period))
    }

    fn begins_in(&self, history: &CatalogueHistory) -> bool {
        history.item.begins_on(self.period.from)
    }

    fn dated_record(&self) -> Record {
        let CatalogueEntry { name, kind, terms, resident_self_pay_rate, level_caps, drug } = &self.entry;
        let ItemTerms { class, self_pay_rate, price_cap } = terms;
        let [one, two, three] = level_caps.0.map(|cap| cap.map(Fen::get));
        let columns = json!({
            "item_code": self.id(),
            "from_date": self.period.from,
            "to_date": self.period.to,
            "name": **name,
            "item_kind": kind,
            "class": class,
            "self_pay_rate_bp": self_pay_rate.basis_points(),
            "self_pay_rate_resident_bp": resident_self_pay_rate.map(Rate::basis_points),
            "price_cap_fen": price_cap.map(Fen::get),
            "price_cap_level_1_fen": one,
            "price_cap_level_2_fen": two,
            "price_cap_level_3_fen": three,
            "drug": drug,
        });
        Record { table: &ITEM, columns, replaces: false }
    }
}

#[expect(
    clippy::option_option,
    reason = "the outer one tells whether the cell is sound, the inner one whether it is there"
)]
fn parse_price_cap(cells: &Cells<'_>, column: &str) -> Option<Option<Fen>> {
    let cap = cells.optional_value::<Fen>(column)?;
    cells.check(column, !cap.is_some_and(Fen::is_negative), said("is below zero", "小于零"))?;
    Some(cap)
}

/// The initial self-pay, which class B must have; that of other classes is kept as none.
fn parse_self_pay_rate(cells: &Cells<'_>, class: Option<ItemClass>) -> Option<Rate> {
    const COLUMN: &str = "self_pay_rate";
    let is_missing = class == Some(ItemClass::B) && cells.is_empty(COLUMN);
    cells.check(COLUMN, !is_missing, said("is required for class B, such as 0.10", "乙类必填，如 0.10"))?;
    parse_share(cells, COLUMN, class).map(|rate| rate.unwrap_or(Rate::ZERO))
}

/// A share of class B; that of other classes means nothing and is not kept.
#[expect(
    clippy::option_option,
    reason = "the outer one tells whether the cell is sound, the inner one whether it is there"
)]
fn parse_share(cells: &Cells<'_>, column: &str, class: Option<ItemClass>) -> Option<Option<Rate>> {
    if cells.is_empty(column) {
        return Some(None);
    }
    let hint = |text: &str| {
        words!(
            "{text:?} is not a share: write a decimal fraction from 0 to 1 such as 0.10",
            "“{text}”不是比例：应为 0 至 1 的小数，如 0.10"
        )
    };
    let rate = cells.read_with(column, |text| Rate::from_fraction(text).map_err(|_| hint(text)))?;
    Some((class == Some(ItemClass::B)).then_some(rate))
}
