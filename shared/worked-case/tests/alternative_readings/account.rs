//! Readings of individual accounts.

use serde_json::json;

use crate::given::{differ, employee};

#[test]
fn an_account_can_pay_only_the_part_in_scope() {
    let lines = json!([
        { "amount": "50.00", "class": "excluded" },
        { "amount": "100.00", "class": "B", "self_pay_rate": "0.10" },
    ]);
    let institution = json!({ "id": "H", "level": 3 });
    let bill = |date: &str| {
        json!({
            "kind": "inpatient", "admission_date": date, "date": date, "institution": institution, "lines": lines,
            "use_individual_account": true,
        })
    };
    let paid = |account: &str, cash: &str| json!({ "eligible": "90", "basic": "0", "account": account, "cash": cash });
    for date in ["2022-03-31", "2022-04-01"] {
        let visits = [(bill(date), paid("150", "0"), paid("90", "60"))];
        differ("CH-31", "in-scope-personal-part", &employee(), &visits);
    }
}
