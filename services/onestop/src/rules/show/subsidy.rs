//! How a subsidy of the premium reads.

use rulebook::SubsidyDescription;

use super::values::Wording;

/// The subsidy, row by row.
pub(super) fn rows(subsidy: &SubsidyDescription, wording: &Wording) -> Vec<String> {
    let SubsidyDescription {
        date,
        title,
        source,
        payer,
        people,
        unable_to_work,
        rural_mental_disability,
        premium,
        amount,
        others,
        exclusions,
    } = subsidy;
    let say = |words| wording.lang.pick(words);
    let mut rows = vec![format!("{}  [{}]  {date}", wording.name(title), title.id)];
    rows.push(wording.row(("支付方", "Paid by"), wording.payer(payer)));
    let mut who = wording.people(people);
    for (asked, words) in [
        (unable_to_work, ("丧失劳动能力", "unable to work")),
        (rural_mental_disability, ("农村智力或精神残疾", "rural, with an intellectual or psychiatric disability")),
    ] {
        if *asked {
            who.push(say(words).to_owned());
        }
    }
    rows.push(wording.row(("对象", "For whom"), who.join(say(("；", "; ")))));
    rows.push(wording.row(("当年个人缴费", "Premium of the year"), wording.said(premium)));
    rows.push(wording.row(
        ("资助", "Paid of it"),
        amount.as_ref().map_or_else(
            || say(("全额", "all of it")).to_owned(),
            |amount| {
                format!(
                    "{} {}",
                    say(("定额，不超过缴费", "a fixed amount, at most the premium:")),
                    wording.said(amount)
                )
            },
        ),
    ));
    if !others.is_empty() {
        rows.push(wording.row(("就高，不叠加", "Only the highest of it and"), wording.names(others)));
    }
    rows.extend(exclusions.iter().map(|of| wording.exclusion(of)));
    rows.extend(wording.history(source));
    rows.extend(wording.note());
    rows
}
