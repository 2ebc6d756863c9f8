//! Whatever goes out as a message, through its bytes, comes back as it was.

#[cfg(test)]
mod given;

use std::fmt::Debug;

use claim::{Statement, Violations};
use proptest::prelude::*;
use prost::Message;
use wire::claim_v1 as proto;

/// `value` after it went through the bytes of its message.
fn through_bytes<T, M>(value: &T) -> Result<T, String>
where
    M: Message + Default + for<'a> From<&'a T>,
    T: TryFrom<M, Error = Violations>,
{
    let bytes = M::from(value).encode_to_vec();
    let message = M::decode(bytes.as_slice()).map_err(|error| error.to_string())?;
    T::try_from(message).map_err(|violations| violations.to_string())
}

fn assert_round_trip<T, M>(value: T) -> Result<(), TestCaseError>
where
    M: Message + Default + for<'a> From<&'a T>,
    T: TryFrom<M, Error = Violations> + Debug + PartialEq,
{
    prop_assert_eq!(through_bytes::<T, M>(&value), Ok(value));
    Ok(())
}

proptest! {
    #[test]
    fn a_case_comes_back(value in given::case()) {
        assert_round_trip::<_, proto::Case>(value)?;
    }

    #[test]
    fn the_facts_of_a_person_come_back(value in given::person()) {
        assert_round_trip::<_, proto::PersonFacts>(value)?;
    }

    #[test]
    fn the_facts_of_an_institution_come_back(value in given::institution()) {
        assert_round_trip::<_, proto::InstitutionFacts>(value)?;
    }

    #[test]
    fn the_terms_of_an_item_come_back(value in given::item_terms()) {
        assert_round_trip::<_, proto::ItemTerms>(value)?;
    }

    #[test]
    fn a_visit_comes_back(value in given::visit()) {
        assert_round_trip::<_, proto::Visit>(value)?;
    }

    #[test]
    fn a_priced_case_comes_back(value in given::priced_case()) {
        assert_round_trip::<_, proto::PricedCase>(value)?;
    }

    #[test]
    fn an_adjudication_comes_back(value in given::adjudication()) {
        assert_round_trip::<_, proto::Adjudication>(value)?;
    }

    #[test]
    fn each_place_in_the_law_is_sent_once(value in given::adjudication()) {
        let message = proto::Adjudication::from(&value);
        for (index, citation) in message.citations.iter().enumerate() {
            prop_assert!(!message.citations[..index].contains(citation), "{:?} twice", citation);
        }
    }

    #[test]
    fn a_statement_comes_back(value in given::statement()) {
        assert_round_trip::<_, proto::Statement>(value)?;
    }

    #[test]
    fn a_statement_with_another_figure_is_refused(value in given::statement(), more in 1_i64..1_000) {
        let mut message = proto::Statement::from(&value);
        message.amounts.as_mut().unwrap().cash_fen += more;
        let violations = Statement::try_from(message).unwrap_err();
        prop_assert_eq!(violations.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["amounts"]);
    }

    #[test]
    fn equal_cases_have_no_first_difference(case in given::case()) {
        let message = proto::Case::from(&case);
        prop_assert_eq!(wire::first_difference(&message, &message.clone()), None);
    }
}
