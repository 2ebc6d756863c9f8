//! Statements for people and for programs.

mod adjustment;
mod json;
mod table;
mod touched;
mod words;

use std::fmt::Write;
use std::str::FromStr;

pub use adjustment::{adjustment_json, adjustment_text};
pub use json::statement_json;
pub use table::statement_text;
pub(crate) use table::{cite, right, yuan};
pub use touched::{totals_json, totals_text, touched_json, touched_text};
pub use words::Words;
pub(crate) use words::payer_name;

/// Bytes as hexadecimal digits.
#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The language that people read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Chinese as written in mainland China.
    #[default]
    ZhCn,
    /// English.
    En,
}

impl Lang {
    /// The wording in this language.
    #[must_use]
    pub const fn pick(self, (zh, en): (&'static str, &'static str)) -> &'static str {
        match self {
            Self::ZhCn => zh,
            Self::En => en,
        }
    }
}

impl FromStr for Lang {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "zh" | "zh-CN" => Ok(Self::ZhCn),
            "en" => Ok(Self::En),
            other => Err(format!("{other:?} is not a language: zh-CN or en")),
        }
    }
}
