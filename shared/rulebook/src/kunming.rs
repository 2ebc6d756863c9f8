//! The documents of Kunming that are compiled in.

macro_rules! documents {
    ($($file:literal,)+) => {
        &[$(($file, include_str!(concat!("../kunming/", $file))),)+]
    };
}

/// The documents as `(file name, text)`.
pub(crate) const FILES: &[(&str, &str)] = documents![
    "2016-yunrenshefa-308.toml",
    "2021-medical-assistance.toml",
    "2022-chengzhengbanfa-57.toml",
    "2022-kunzhengban-15.toml",
    "2023-covid-measures.toml",
    "assumed-cross-region.toml",
    "assumed-employee.toml",
    "assumed-resident.toml",
    "readings.toml",
];
