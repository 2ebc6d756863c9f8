//! The catalogue: drugs, services, operations and consumables with their classes and usual prices.

use claim::ItemClass;

use crate::dice::Dice;

/// What is common to a group of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    letter: char,
    name: &'static str,
    pub(crate) count: u64,
    /// The usual prices of a unit, in fen: most lie in the first range, some in the second.
    prices: [(u64, u64); 2],
}

pub(crate) const DRUGS: Group =
    Group { letter: 'D', name: "药品", count: 240, prices: [(300, 4_500), (4_500, 22_000)] };
pub(crate) const SERVICES: Group =
    Group { letter: 'T', name: "诊疗项目", count: 120, prices: [(500, 9_000), (9_000, 60_000)] };
pub(crate) const OPERATIONS: Group =
    Group { letter: 'O', name: "手术", count: 40, prices: [(60_000, 350_000), (350_000, 1_500_000)] };
pub(crate) const CONSUMABLES: Group =
    Group { letter: 'M', name: "医用耗材", count: 80, prices: [(1_000, 30_000), (30_000, 900_000)] };
pub(crate) const NEGOTIATED: Group =
    Group { letter: 'N', name: "谈判药品", count: 12, prices: [(20_000, 180_000), (180_000, 700_000)] };

/// Every group.
pub(crate) const GROUPS: [Group; 5] = [DRUGS, SERVICES, OPERATIONS, CONSUMABLES, NEGOTIATED];

/// One item of the catalogue.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) class: ItemClass,
    /// The initial self-pay of a class B item.
    pub(crate) self_pay: Option<&'static str>,
    /// The most that a unit counts with, in fen.
    pub(crate) price_cap: Option<u64>,
    pub(crate) drug: Option<String>,
    /// The usual price of a unit, in fen.
    pub(crate) price: u64,
}

/// The catalogue of a city.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Catalogue {
    seed: u64,
}

impl Catalogue {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The item of a group with `index`, below the group's count.
    pub(crate) fn item(self, group: Group, index: u64) -> Item {
        let dice = &mut Dice::new(self.seed, group.name, index);
        let [usual, dear] = group.prices;
        let (least, most) = dice.choose(&[(200, dear)], usual);
        let price = dice.between(least, most);
        let is_negotiated = group == NEGOTIATED;
        let class = if is_negotiated {
            ItemClass::B
        } else {
            dice.choose(&[(520, ItemClass::A), (400, ItemClass::B)], ItemClass::Excluded)
        };
        let self_pay = dice.choose(&[(600, "0.10"), (150, "0.05"), (150, "0.20")], "0.30");
        let is_capped = !is_negotiated && group != DRUGS && dice.in_thousand(300);
        Item {
            code: format!("S{}{:04}", group.letter, index + 1),
            name: format!("合成{}{}", group.name, index + 1),
            class,
            self_pay: (class == ItemClass::B).then_some(self_pay),
            price_cap: is_capped.then_some(price),
            drug: is_negotiated.then(|| format!("synthetic-drug-{}", index + 1)),
            price,
        }
    }

    /// One item of a group.
    pub(crate) fn one_of(self, group: Group, dice: &mut Dice) -> Item {
        self.item(group, dice.below(group.count))
    }
}
