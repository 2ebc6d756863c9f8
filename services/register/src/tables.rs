//! The tables as the import writes them.

/// A table: its key and its other columns.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Table {
    /// Tables are written in this order, so that what others refer to is there.
    order: u8,
    pub(crate) name: &'static str,
    pub(crate) key: &'static [&'static str],
    pub(crate) columns: &'static [&'static str],
}

pub(crate) const PERSON: Table = Table {
    order: 0,
    name: "person",
    key: &["person_id"],
    columns: &[
        "birth_date",
        "sex",
        "kunming_household",
        "disability_level",
        "household_id",
        "recorded_time",
        "change_sequence",
    ],
};

pub(crate) const COVER: Table = Table {
    order: 1,
    name: "cover",
    key: &["person_id", "from_date"],
    columns: &["to_date", "scheme", "state", "flexible", "recorded_time", "change_sequence"],
};

pub(crate) const CATEGORY: Table = Table {
    order: 1,
    name: "category",
    key: &["person_id", "category", "from_date"],
    columns: &["to_date", "delivered_by", "recorded_time", "change_sequence"],
};

pub(crate) const DISEASE: Table = Table {
    order: 1,
    name: "disease",
    key: &["person_id", "code", "approved_date"],
    columns: &["to_date", "kind", "recorded_time", "change_sequence"],
};

pub(crate) const FILING: Table = Table {
    order: 1,
    name: "filing",
    key: &["person_id", "from_date"],
    columns: &["to_date", "filing", "route", "recorded_time", "change_sequence"],
};

pub(crate) const INSTITUTION: Table = Table {
    order: 1,
    name: "institution",
    key: &["institution_id", "from_date"],
    columns: &[
        "to_date",
        "name",
        "level",
        "price_cap_level",
        "kind",
        "treatment_region",
        "special_exempt_allowed",
        "by_agreement",
        "department_of",
        "district",
        "tier",
        "grade",
        "legal_form",
        "beds",
        "supervised_by",
        "recorded_time",
        "change_sequence",
    ],
};

pub(crate) const AGREEMENT: Table = Table {
    order: 1,
    name: "agreement",
    key: &["institution_id", "from_date"],
    columns: &["to_date", "state", "grounds", "temporary", "decided_by", "recorded_time", "change_sequence"],
};

pub(crate) const ITEM: Table = Table {
    order: 1,
    name: "item",
    key: &["item_code", "from_date"],
    columns: &[
        "to_date",
        "name",
        "item_kind",
        "class",
        "self_pay_rate_bp",
        "self_pay_rate_resident_bp",
        "price_cap_fen",
        "price_cap_level_1_fen",
        "price_cap_level_2_fen",
        "price_cap_level_3_fen",
        "drug",
        "recorded_time",
        "change_sequence",
    ],
};

pub(crate) const DISEASE_PRICE: Table = Table {
    order: 1,
    name: "disease_price",
    key: &["diagnosis", "level", "from_date"],
    columns: &["to_date", "name", "price_fen", "recorded_time", "change_sequence"],
};

pub(crate) const IDENTITY: Table = Table {
    order: 1,
    name: "identity",
    key: &["person_id"],
    columns: &["blind_index", "index_key", "sealed", "seal_key", "recorded_time", "change_sequence"],
};

/// What PostgreSQL makes of a column's text.
pub(crate) fn postgres_type(column: &str) -> &'static str {
    match column {
        "kunming_household" | "special_exempt_allowed" | "by_agreement" => "boolean",
        "disability_level" | "beds" | "change_sequence" => "bigint",
        rate if rate.ends_with("_bp") => "bigint",
        amount if amount.ends_with("_fen") => "bigint",
        "recorded_time" => "timestamptz",
        date if date.ends_with("_date") => "date",
        _ => "text",
    }
}
