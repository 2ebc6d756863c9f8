//! What the rulebook holds on a day, for people to read.

use std::fmt;

use chrono::NaiveDate;
use claim::RuleStatus;

use crate::Rulebook;
use crate::compile::in_force;
use crate::load::{Item, Items};

/// What the rulebook holds on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The day.
    pub date: NaiveDate,
    /// All documents, those not yet in force too.
    pub documents: Vec<DocumentReport>,
    /// What is in force on the day.
    pub items: Vec<ItemReport>,
    /// How open points are read on the day.
    pub readings: Vec<ReadingReport>,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentReport {
    /// Its file.
    pub file: String,
    /// Its number, or its title where it has none.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The first day on which it is in force.
    pub in_force_from: NaiveDate,
    /// Law or assumption.
    pub status: RuleStatus,
}

/// What sort of thing an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemSort {
    /// A value.
    Parameter,
    /// A benefit.
    Benefit,
    /// Something cited that has no value.
    Definition,
    /// A list of codes.
    List,
    /// An exclusion of one benefit by another programme.
    Exclusion,
    /// Points off for care in another region.
    Reduction,
    /// A subsidy of the premium.
    PremiumSubsidy,
    /// How bills are split, categories end and statements report.
    Convention,
}

/// One thing that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemReport {
    /// What sort of thing it is.
    pub sort: ItemSort,
    /// Its id, such as `employee.outpatient.rate`.
    pub id: String,
    /// The value of a parameter, the title of a benefit or definition, the members of a list.
    pub says: String,
    /// The document's number or title.
    pub document: String,
    /// The article.
    pub article: String,
    /// The first day on which it is in force.
    pub from: NaiveDate,
    /// Law or assumption.
    pub status: RuleStatus,
}

/// One open point with the reading in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingReport {
    /// Its id, such as `AMB-05`.
    pub id: String,
    /// The point.
    pub question: String,
    /// The option that is computed with.
    pub chosen: String,
    /// All options.
    pub options: Vec<String>,
}

impl Report {
    /// What is in force on the day although no document gives it.
    pub fn assumed(&self) -> impl Iterator<Item = &ItemReport> {
        self.items.iter().filter(|item| item.status == RuleStatus::Assumed)
    }
}

impl Rulebook {
    /// What the rulebook holds on `date`.
    #[must_use]
    pub fn report(&self, date: NaiveDate) -> Report {
        let items = &self.items.as_read_on(date).0;
        let documents = items.documents.iter().map(|document| DocumentReport {
            file: document.file.clone(),
            name: document.name().to_owned(),
            title: document.title.clone(),
            in_force_from: document.in_force_from,
            status: document.status,
        });
        let mut found = Vec::new();
        add(items, &items.parameters, date, &mut found, ItemSort::Parameter, ToString::to_string);
        add(items, &items.benefits, date, &mut found, ItemSort::Benefit, |benefit| benefit.title.zh.clone());
        add(items, &items.definitions, date, &mut found, ItemSort::Definition, |of| of.title.zh.clone());
        add(items, &items.lists, date, &mut found, ItemSort::List, |list| {
            list.members.iter().chain(&list.members_up_to_age).cloned().collect::<Vec<_>>().join(", ")
        });
        add(items, &items.exclusions, date, &mut found, ItemSort::Exclusion, |of| of.payer.clone());
        add(items, &items.reductions, date, &mut found, ItemSort::Reduction, |of| of.parameter.clone());
        add(items, &items.premium_subsidies, date, &mut found, ItemSort::PremiumSubsidy, |of| of.title.zh.clone());
        add(items, &items.conventions, date, &mut found, ItemSort::Convention, ToString::to_string);
        let readings = in_force(items, &items.readings, date).map(|reading| ReadingReport {
            id: reading.id.clone(),
            question: reading.body.question.clone(),
            chosen: reading.body.chosen.clone(),
            options: reading.body.options.clone(),
        });
        Report { date, documents: documents.collect(), items: found, readings: readings.collect() }
    }
}

fn add<T>(
    items: &Items,
    all: &[Item<T>],
    date: NaiveDate,
    found: &mut Vec<ItemReport>,
    sort: ItemSort,
    says: impl Fn(&T) -> String,
) {
    for item in in_force(items, all, date) {
        let Some(document) = items.documents.get(item.document) else { continue };
        found.push(ItemReport {
            sort,
            id: item.id.clone(),
            says: says(&item.body),
            document: document.name().to_owned(),
            article: item.article.clone(),
            from: item.from,
            status: document.status,
        });
    }
}

impl fmt::Display for ItemSort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Parameter => "parameter",
            Self::Benefit => "benefit",
            Self::Definition => "definition",
            Self::List => "list",
            Self::Exclusion => "exclusion",
            Self::Reduction => "reduction",
            Self::PremiumSubsidy => "premium subsidy",
            Self::Convention => "convention",
        })
    }
}

impl fmt::Display for DocumentReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}), from {}, {}, {}", self.name, self.title, self.in_force_from, self.status, self.file)
    }
}

impl fmt::Display for ItemReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sort, id, says, document, article, from, status } = self;
        write!(f, "{sort} {id} = {says} ({document} {article}, from {from}, {status})")
    }
}

impl fmt::Display for ReadingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {} (of {})", self.id, self.question, self.chosen, self.options.join(", "))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Documents")?;
        self.documents.iter().try_for_each(|document| writeln!(f, "  {document}"))?;
        writeln!(f, "In force on {}", self.date)?;
        let official = self.items.iter().filter(|item| item.status == RuleStatus::Official);
        official.into_iter().try_for_each(|item| writeln!(f, "  {item}"))?;
        writeln!(f, "Assumed on {}", self.date)?;
        self.assumed().try_for_each(|item| writeln!(f, "  {item}"))?;
        writeln!(f, "Readings of open points")?;
        self.readings.iter().try_for_each(|reading| writeln!(f, "  {reading}"))
    }
}
