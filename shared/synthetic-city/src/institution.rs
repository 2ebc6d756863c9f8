//! Designated institutions: their number follows from the number of people, each is told from its index alone.

use claim::{AdministrativeTier, InstitutionKind, Level, TreatmentRegion};

use crate::dice::Dice;

/// What is common to a group of institutions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) kind: InstitutionKind,
    pub(crate) level: Level,
    pub(crate) region: TreatmentRegion,
    letter: char,
    name: &'static str,
    /// How many of them serve a million people.
    in_a_million: u64,
}

const fn local(kind: InstitutionKind, level: Level, letter: char, name: &'static str, in_a_million: u64) -> Group {
    Group { kind, level, region: TreatmentRegion::Local, letter, name, in_a_million }
}

pub(crate) const PHARMACY: Group = local(InstitutionKind::Pharmacy, Level::One, 'P', "药店", 450);
pub(crate) const VILLAGE_CLINIC: Group = local(InstitutionKind::VillageClinic, Level::One, 'V', "村卫生室", 160);
pub(crate) const COMMUNITY: Group =
    local(InstitutionKind::CommunityHealthCentre, Level::One, 'C', "社区卫生服务中心", 40);
pub(crate) const TOWNSHIP: Group = local(InstitutionKind::TownshipHealthCentre, Level::One, 'T', "乡镇卫生院", 18);
pub(crate) const HOSPITAL_1: Group = local(InstitutionKind::Hospital, Level::One, 'A', "一级医院", 25);
pub(crate) const HOSPITAL_2: Group = local(InstitutionKind::Hospital, Level::Two, 'B', "二级医院", 9);
pub(crate) const HOSPITAL_3: Group = local(InstitutionKind::Hospital, Level::Three, 'H', "三级医院", 4);
pub(crate) const IN_PROVINCE: Group =
    Group { region: TreatmentRegion::Province, letter: 'Y', name: "省内异地医院", ..HOSPITAL_3 };
pub(crate) const ELSEWHERE: Group =
    Group { region: TreatmentRegion::OtherProvince, letter: 'Z', name: "省外医院", ..HOSPITAL_3 };

/// Institutions whose agreement ended before the year; no bill is of them.
pub(crate) const ENDED: Group = local(InstitutionKind::Hospital, Level::One, 'E', "已解约医院", 2);

/// Every group.
pub(crate) const GROUPS: [Group; 10] =
    [PHARMACY, VILLAGE_CLINIC, COMMUNITY, TOWNSHIP, HOSPITAL_1, HOSPITAL_2, HOSPITAL_3, IN_PROVINCE, ELSEWHERE, ENDED];

/// The institutions of a city.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Institutions {
    persons: u64,
}

impl Institutions {
    pub(crate) const fn for_persons(persons: u64) -> Self {
        Self { persons }
    }

    /// How many institutions a group has, at least 2.
    pub(crate) fn count(self, group: Group) -> u64 {
        (self.persons * group.in_a_million / 1_000_000).max(2)
    }

    /// One of a group's institutions.
    pub(crate) fn one_of(self, group: Group, dice: &mut Dice) -> String {
        group.id(dice.below(self.count(group)))
    }
}

impl Group {
    /// Whether the region's agencies have agreements with its institutions.
    pub(crate) const fn is_under_agreement(self) -> bool {
        matches!(self.region, TreatmentRegion::Local)
    }

    /// The tier of government that its institutions belong to, where that says who supervises them.
    pub(crate) const fn tier(self) -> Option<AdministrativeTier> {
        match (self.kind, self.level) {
            (InstitutionKind::Hospital, Level::One | Level::Two) => Some(AdministrativeTier::County),
            (InstitutionKind::Hospital, Level::Three) => Some(AdministrativeTier::Prefecture),
            (
                InstitutionKind::TownshipHealthCentre
                | InstitutionKind::VillageClinic
                | InstitutionKind::CommunityHealthCentre
                | InstitutionKind::Pharmacy,
                _,
            ) => None,
        }
    }

    /// The beds of each of its institutions.
    pub(crate) const fn beds(self) -> Option<u32> {
        match (self.kind, self.level) {
            (InstitutionKind::Hospital, Level::One) => Some(60),
            (InstitutionKind::Hospital, Level::Two) => Some(300),
            (InstitutionKind::Hospital, Level::Three) => Some(1_200),
            (InstitutionKind::TownshipHealthCentre, _) => Some(25),
            (
                InstitutionKind::VillageClinic | InstitutionKind::CommunityHealthCentre | InstitutionKind::Pharmacy,
                _,
            ) => None,
        }
    }

    pub(crate) fn id(self, index: u64) -> String {
        format!("SH{}{:06}", self.letter, index + 1)
    }

    pub(crate) fn institution_name(self, index: u64) -> String {
        format!("合成{}{}", self.name, index + 1)
    }
}
