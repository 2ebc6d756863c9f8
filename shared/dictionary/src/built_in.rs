//! The dictionaries that are compiled in.

macro_rules! files {
    ($($file:literal,)+) => {
        &[$(($file, include_str!(concat!("../provinces/", $file))),)+]
    };
}

/// The dictionaries as `(file name, text)`.
pub(crate) const FILES: &[(&str, &str)] =
    files!["chongqing.toml", "hunan.toml", "jiangxi.toml", "kunming.toml", "words.toml",];
