//! `onestop institution beds`: beds of designated institutions for each 1,000 insured (云人社发〔2016〕308号 二（四）).

use std::cmp::Ordering;
use std::io::Write;

use anyhow::Result;
use host::Clock;
use wire::register_v1::CountBedsRequest;

use crate::cli::BedsArgs;
use crate::client::Client;
use crate::import::refused;
use crate::render::Lang;

/// Thousandths of a bed for each 1,000 insured, of which there is at least one; half a thousandth is rounded up.
const fn thousandths(beds: u64, insured: u64) -> u64 {
    (beds.saturating_mul(2_000_000).saturating_add(insured)) / insured.saturating_mul(2)
}

/// Counts and compares.
///
/// # Errors
/// Where the platform cannot be used.
pub(super) async fn count(args: BedsArgs) -> Result<bool> {
    let mut client = Client::open(&args.client).await?;
    let date = args.date.unwrap_or_else(|| Clock::system().today());
    let request = CountBedsRequest { date: Some(date.into()) };
    let counted = client.upkeep.count_beds(request).await.map_err(refused)?.into_inner();
    let mut out = std::io::stdout().lock();
    if counted.insured_persons == 0 {
        writeln!(out, "{}", args.lang.pick(("当日无参保人员", "nobody is insured on that day")))?;
        return Ok(false);
    }
    let per_thousand = thousandths(counted.beds, counted.insured_persons);
    writeln!(out, "{}", told(counted.beds, counted.insured_persons, per_thousand, args.lang))?;
    if let Some(index) = args.index {
        let words = match per_thousand.cmp(&index) {
            Ordering::Less => ("低于规划指标，可适当扩大定点范围", "below the planning index: the list may grow"),
            Ordering::Equal => ("等于规划指标", "at the planning index"),
            Ordering::Greater => {
                ("高于规划指标，须通过退出机制均衡", "above the planning index: balance by the exit mechanism")
            }
        };
        writeln!(out, "{}", args.lang.pick(words))?;
    }
    Ok(true)
}

fn told(beds: u64, insured: u64, per_thousand: u64, lang: Lang) -> String {
    let (whole, rest) = (per_thousand / 1_000, per_thousand % 1_000);
    match lang {
        Lang::ZhCn => format!("定点床位 {beds} 张，参保 {insured} 人，每千参保人 {whole}.{rest:03} 张"),
        Lang::En => format!("{beds} beds, {insured} insured persons, {whole}.{rest:03} beds per 1,000 insured"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beds_per_thousand_insured_are_rounded_to_the_thousandth() {
        assert_eq!(thousandths(600, 120_000), 5_000);
        assert_eq!(thousandths(1, 3), 333_333);
        assert_eq!(thousandths(2, 3), 666_667);
        assert_eq!(thousandths(0, 5), 0);
    }
}
