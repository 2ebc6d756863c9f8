//! Reading rule documents: every fault of every file at once, each with its file and line.

use std::fmt;

use chrono::NaiveDate;
use claim::RuleStatus;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::alternative::Alternatives;
use crate::convention::ConventionText;
use crate::document::{
    BenefitText, DefinitionText, DocumentText, ExclusionText, HighestAppliesText, ListText, OrderText, ReadingText,
    ReductionText,
};
use crate::place::{ItemFault, offset_of};
use crate::premium::PremiumSubsidyText;
use crate::value::{ParameterText, Value};

/// One fault of a rule document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadFault {
    /// The file's name.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for LoadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// The faults of a set of rule documents. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadFaults(pub Vec<LoadFault>);

impl fmt::Display for LoadFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadFaults {}

/// A legal document.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) file: String,
    pub(crate) number: Option<String>,
    pub(crate) title: String,
    pub(crate) in_force_from: NaiveDate,
    pub(crate) status: RuleStatus,
}

impl Document {
    /// The number, or the title of a document that has none.
    pub(crate) fn name(&self) -> &str {
        self.number.as_deref().unwrap_or(&self.title)
    }
}

/// One dated and cited thing that a document says.
#[derive(Clone, Debug)]
pub(crate) struct Item<T> {
    pub(crate) id: String,
    pub(crate) document: usize,
    pub(crate) line: usize,
    pub(crate) article: String,
    pub(crate) from: NaiveDate,
    pub(crate) to: Option<NaiveDate>,
    pub(crate) replaces: Vec<String>,
    /// What changes in it as open points are read; none where nothing does.
    pub(crate) alternatives: Option<Box<Alternatives>>,
    pub(crate) body: T,
}

impl<T> Item<T> {
    pub(crate) fn holds_on(&self, date: NaiveDate) -> bool {
        self.from <= date && self.to.is_none_or(|to| date <= to)
    }
}

/// All that the documents say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    pub(crate) documents: Vec<Document>,
    pub(crate) parameters: Vec<Item<Value>>,
    pub(crate) benefits: Vec<Item<BenefitText>>,
    pub(crate) definitions: Vec<Item<DefinitionText>>,
    pub(crate) lists: Vec<Item<ListText>>,
    pub(crate) orders: Vec<Item<OrderText>>,
    pub(crate) highest_applies: Vec<Item<HighestAppliesText>>,
    pub(crate) exclusions: Vec<Item<ExclusionText>>,
    pub(crate) reductions: Vec<Item<ReductionText>>,
    pub(crate) conventions: Vec<Item<ConventionText>>,
    pub(crate) premium_subsidies: Vec<Item<PremiumSubsidyText>>,
    pub(crate) readings: Vec<Item<ReadingText>>,
}

type Tables = Vec<Spanned<toml::Table>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    document: Spanned<DocumentText>,
    #[serde(default)]
    parameter: Tables,
    #[serde(default)]
    benefit: Tables,
    #[serde(default)]
    definition: Tables,
    #[serde(default)]
    list: Tables,
    #[serde(default)]
    order: Tables,
    #[serde(default)]
    highest_applies: Tables,
    #[serde(default)]
    exclusion: Tables,
    #[serde(default)]
    reduction: Tables,
    #[serde(default)]
    convention: Tables,
    #[serde(default)]
    premium_subsidy: Tables,
    #[serde(default)]
    reading: Tables,
}

/// What every item says beside its body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadText {
    id: String,
    article: String,
    from: Option<toml::value::Datetime>,
    to: Option<toml::value::Datetime>,
    #[serde(default)]
    replaces: Vec<String>,
}

const HEAD_KEYS: [&str; 5] = ["id", "article", "from", "to", "replaces"];

/// Reads `(file name, text)` pairs into items, adding what is wrong to `faults`.
pub(crate) fn read_files(files: &[(&str, &str)], region: &str, faults: &mut Vec<LoadFault>) -> Items {
    let mut items = Items::default();
    for (file, text) in files {
        Reader { file, text, region, faults }.read(&mut items);
    }
    items
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    region: &'a str,
    faults: &'a mut Vec<LoadFault>,
}

impl Reader<'_> {
    fn fault(&mut self, offset: usize, message: impl fmt::Display) {
        let line = self.line_at(offset);
        self.faults.push(LoadFault { file: self.file.to_owned(), line, message: message.to_string() });
    }

    fn line_at(&self, offset: usize) -> usize {
        self.text.get(..offset).unwrap_or(self.text).split('\n').count()
    }

    fn read(&mut self, items: &mut Items) {
        let file: FileText = match toml::from_str(self.text) {
            Ok(file) => file,
            Err(error) => return self.fault(error.span().map_or(0, |span| span.start), error.message()),
        };
        let head = file.document.span().start;
        let document = file.document.into_inner();
        if document.region != self.region {
            let message = format!("the region is {}, not {}", document.region, self.region);
            self.fault(head, message);
        }
        let Some(in_force_from) = civil_date(document.in_force_from) else {
            return self.fault(head, "in_force_from is not a date");
        };
        let index = items.documents.len();
        let (file_name, status) = (self.file.to_owned(), document.status);
        let (number, title) = (document.number, document.title);
        let context = Context { index, from: in_force_from };
        items.documents.push(Document { file: file_name, number, title, in_force_from, status });
        self.read_items("parameter", file.parameter, context, &mut items.parameters, |text: ParameterText| {
            text.parse()
        });
        self.read_items("benefit", file.benefit, context, &mut items.benefits, Ok);
        self.read_items("definition", file.definition, context, &mut items.definitions, Ok);
        self.read_items("list", file.list, context, &mut items.lists, Ok);
        self.read_items("order", file.order, context, &mut items.orders, Ok);
        self.read_items("highest_applies", file.highest_applies, context, &mut items.highest_applies, Ok);
        self.read_items("exclusion", file.exclusion, context, &mut items.exclusions, Ok);
        self.read_items("reduction", file.reduction, context, &mut items.reductions, Ok);
        self.read_items("convention", file.convention, context, &mut items.conventions, Ok);
        self.read_items("premium_subsidy", file.premium_subsidy, context, &mut items.premium_subsidies, Ok);
        self.read_items("reading", file.reading, context, &mut items.readings, Ok);
    }

    fn read_items<T: DeserializeOwned, U>(
        &mut self,
        sort: &str,
        tables: Tables,
        context: Context,
        items: &mut Vec<Item<U>>,
        finish: impl Fn(T) -> Result<U, String>,
    ) {
        for (index, table) in tables.into_iter().enumerate() {
            let offset = table.span().start;
            match context.read_item_with_alternatives(table.into_inner(), &finish) {
                Ok(item) => items.push(Item { line: self.line_at(offset), ..item }),
                Err(fault) => {
                    let field = offset_of(self.text, sort, index, &fault.keys);
                    self.fault(field.unwrap_or(offset), fault.message);
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Context {
    pub(crate) index: usize,
    pub(crate) from: NaiveDate,
}

impl Context {
    /// Reads an item, checking that it can be read under each of its alternatives too.
    fn read_item_with_alternatives<T: DeserializeOwned, U>(
        self,
        mut table: toml::Table,
        finish: impl Fn(T) -> Result<U, String>,
    ) -> Result<Item<U>, ItemFault> {
        let alternatives = Alternatives::take_from(&mut table)?;
        for (keys, table) in alternatives.iter().flat_map(|alternatives| alternatives.each()) {
            self.read_item(table, &finish).map_err(|fault| fault.under(&keys))?;
        }
        let item = self.read_item(table, finish)?;
        Ok(Item { alternatives, ..item })
    }

    pub(crate) fn read_item<T: DeserializeOwned, U>(
        self,
        mut table: toml::Table,
        finish: impl Fn(T) -> Result<U, String>,
    ) -> Result<Item<U>, ItemFault> {
        let named = table.get("id").and_then(toml::Value::as_str).map_or_else(String::new, |id| format!("{id}: "));
        let mut head = toml::Table::new();
        for key in HEAD_KEYS {
            if let Some((key, value)) = table.remove_entry(key) {
                head.insert(key, value);
            }
        }
        let said = |error: toml::de::Error| ItemFault::of(&named, &error);
        let head: HeadText = head.try_into().map_err(said)?;
        // What is only found when all is read is of the one field that there is, or of the item.
        let keys: Vec<_> = table.keys().cloned().collect();
        let keys = if keys.len() == 1 { keys } else { Vec::new() };
        let text = table.try_into().map_err(said)?;
        let body = finish(text).map_err(|error| ItemFault { message: format!("{named}{error}"), keys })?;
        for (key, text) in [("id", &head.id), ("article", &head.article)] {
            if text.trim().is_empty() {
                return Err(ItemFault::at(key, format!("{named}its {key} is blank")));
            }
        }
        let date = |key, given: Option<toml::value::Datetime>| {
            let read =
                |date| civil_date(date).ok_or_else(|| ItemFault::at(key, format!("{named}{date} is not a date")));
            given.map(read).transpose()
        };
        let from = date("from", head.from)?.unwrap_or(self.from);
        let to = date("to", head.to)?;
        if to.is_some_and(|to| to < from) {
            return Err(ItemFault::at("to", format!("{named}its last day is before its first")));
        }
        let (id, article, replaces) = (head.id, head.article, head.replaces);
        Ok(Item { id, document: self.index, line: 0, article, from, to, replaces, alternatives: None, body })
    }
}

fn civil_date(date: toml::value::Datetime) -> Option<NaiveDate> {
    let day = date.date.filter(|_| date.time.is_none() && date.offset.is_none())?;
    NaiveDate::from_ymd_opt(i32::from(day.year), u32::from(day.month), u32::from(day.day))
}
