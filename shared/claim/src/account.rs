//! The words of individual accounts (个人账户).

use crate::slug::slugs;

slugs! {
    /// What a family member is to the holder of an account.
    Kinship, "kinship" {
        /// 配偶.
        Spouse = "spouse",
        /// 父母.
        Parent = "parent",
        /// 子女.
        Child = "child",
    }
}

slugs! {
    /// What moves money into an account or out of it.
    MovementKind, "movement" {
        /// The balance that the account started with here.
        Opening = "opening",
        /// 划入: the person's own contribution.
        Credit = "credit",
        /// 长期护理保险 personal share, taken out of the credit.
        LongTermCare = "long-term-care",
        /// 支付 of a bill, the holder's own or a family member's.
        Draw = "draw",
        /// 一次性清退.
        Refund = "refund",
        /// What the heirs of the holder get.
        Bequest = "bequest",
        /// 继承: what came from the account of somebody who died.
        Inheritance = "inheritance",
        /// 退回: what a settlement drew and a cancellation or a new decision gives back.
        Return = "return",
    }
}
