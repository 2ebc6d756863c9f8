//! The versions of the register's tables.

use store::{Migration, Migrations};

/// All versions.
pub(crate) const MIGRATIONS: Migrations = Migrations {
    sqlite: &[
        Migration { version: 1, name: "facts", sql: include_str!("../migrations/sqlite/0001_facts.sql") },
        Migration { version: 2, name: "filings", sql: include_str!("../migrations/sqlite/0002_filings.sql") },
        Migration {
            version: 3,
            name: "special_exempt_allowed",
            sql: include_str!("../migrations/sqlite/0003_special_exempt_allowed.sql"),
        },
        Migration { version: 4, name: "changes", sql: include_str!("../migrations/sqlite/0004_changes.sql") },
        Migration { version: 5, name: "identity", sql: include_str!("../migrations/sqlite/0005_identity.sql") },
        Migration {
            version: 6,
            name: "category_lists",
            sql: include_str!("../migrations/sqlite/0006_category_lists.sql"),
        },
        Migration { version: 7, name: "agreements", sql: include_str!("../migrations/sqlite/0007_agreements.sql") },
        Migration {
            version: 8,
            name: "households_and_cover",
            sql: include_str!("../migrations/sqlite/0008_households_and_cover.sql"),
        },
        Migration { version: 9, name: "alterations", sql: include_str!("../migrations/sqlite/0009_alterations.sql") },
        Migration {
            version: 10,
            name: "price_cap_levels",
            sql: include_str!("../migrations/sqlite/0010_price_cap_levels.sql"),
        },
        Migration {
            version: 11,
            name: "item_rates_and_kinds",
            sql: include_str!("../migrations/sqlite/0011_item_rates_and_kinds.sql"),
        },
        Migration {
            version: 12,
            name: "disease_prices",
            sql: include_str!("../migrations/sqlite/0012_disease_prices.sql"),
        },
    ],
    postgres: &[
        Migration { version: 1, name: "facts", sql: include_str!("../migrations/postgres/0001_facts.sql") },
        Migration { version: 2, name: "filings", sql: include_str!("../migrations/postgres/0002_filings.sql") },
        Migration {
            version: 3,
            name: "special_exempt_allowed",
            sql: include_str!("../migrations/postgres/0003_special_exempt_allowed.sql"),
        },
        Migration { version: 4, name: "changes", sql: include_str!("../migrations/postgres/0004_changes.sql") },
        Migration { version: 5, name: "identity", sql: include_str!("../migrations/postgres/0005_identity.sql") },
        Migration {
            version: 6,
            name: "category_lists",
            sql: include_str!("../migrations/postgres/0006_category_lists.sql"),
        },
        Migration { version: 7, name: "agreements", sql: include_str!("../migrations/postgres/0007_agreements.sql") },
        Migration {
            version: 8,
            name: "households_and_cover",
            sql: include_str!("../migrations/postgres/0008_households_and_cover.sql"),
        },
        Migration { version: 9, name: "alterations", sql: include_str!("../migrations/postgres/0009_alterations.sql") },
        Migration {
            version: 10,
            name: "price_cap_levels",
            sql: include_str!("../migrations/postgres/0010_price_cap_levels.sql"),
        },
        Migration {
            version: 11,
            name: "item_rates_and_kinds",
            sql: include_str!("../migrations/postgres/0011_item_rates_and_kinds.sql"),
        },
        Migration {
            version: 12,
            name: "disease_prices",
            sql: include_str!("../migrations/postgres/0012_disease_prices.sql"),
        },
    ],
};
