//! What is wrong with a cell, in English and in Chinese.

use std::borrow::Cow;
use std::num::ParseIntError;

use claim::{InvalidText, UnknownSlug};
use identity_number::InvalidNumber;
use money::ParseFenError;

/// One statement in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) en: Cow<'static, str>,
    pub(crate) zh: Cow<'static, str>,
}

/// Words that are the same every time.
pub(crate) const fn said(en: &'static str, zh: &'static str) -> Words {
    Words { en: Cow::Borrowed(en), zh: Cow::Borrowed(zh) }
}

/// Words that name values.
macro_rules! words {
    ($en:literal, $zh:literal $(,)?) => {
        $crate::words::Words {
            en: std::borrow::Cow::Owned(std::fmt::format(format_args!($en))),
            zh: std::borrow::Cow::Owned(std::fmt::format(format_args!($zh))),
        }
    };
}

pub(crate) use words;

impl From<UnknownSlug> for Words {
    fn from(unknown: UnknownSlug) -> Self {
        let (text, known) = (&unknown.text, unknown.known.join("、"));
        Self {
            zh: Cow::Owned(format!("“{text}”不是允许的取值：{known}")), en: Cow::Owned(unknown.to_string())
        }
    }
}

impl From<InvalidText> for Words {
    fn from(invalid: InvalidText) -> Self {
        let zh = match invalid {
            InvalidText::Empty => "为空",
            InvalidText::TooLong => "超过 64 个字符",
            InvalidText::NotPrintable => "含有空白或控制字符",
        };
        Self { zh: Cow::Borrowed(zh), en: Cow::Owned(invalid.to_string()) }
    }
}

impl From<ParseFenError> for Words {
    fn from(error: ParseFenError) -> Self {
        let zh = match &error {
            ParseFenError::NotANumber(text) => format!("“{text}”不是金额：以元为单位，最多两位小数，如 90.01"),
            ParseFenError::FractionOfFen(text) => format!("“{text}”不足一分：最多两位小数"),
            ParseFenError::OutOfRange(text) => format!("“{text}”超出金额范围"),
        };
        Self { zh: Cow::Owned(zh), en: Cow::Owned(error.to_string()) }
    }
}

impl From<ParseIntError> for Words {
    fn from(error: ParseIntError) -> Self {
        Self {
            zh: Cow::Borrowed("不是允许范围内的整数"),
            en: Cow::Owned(format!("is no whole number of the range: {error}")),
        }
    }
}

impl From<InvalidNumber> for Words {
    fn from(invalid: InvalidNumber) -> Self {
        let zh = match invalid {
            InvalidNumber::Shape => "不是身份证号：17 位数字加一位数字或 X",
            InvalidNumber::Date => "不是身份证号：出生日期不存在",
            InvalidNumber::Check => "不是身份证号：校验码不符",
        };
        Self { zh: Cow::Borrowed(zh), en: Cow::Owned(invalid.to_string()) }
    }
}
