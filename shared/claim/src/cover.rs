//! What is recorded of a time of cover and of a cross-region filing beyond what decides a bill.

use crate::slug::slugs;

slugs! {
    /// Whether cover is in force (人员参保状态). Cover that was terminated has a last day.
    CoverState, "state of cover" {
        /// 正常参保.
        Active = "active",
        /// 暂停参保: there are no benefits of basic insurance.
        Suspended = "suspended",
    }
}

slugs! {
    /// How a person in flexible employment (灵活就业) takes part in employees' insurance.
    ///
    /// # Basis
    /// 昆政办〔2022〕15号 四, 七.
    FlexibleEmployment, "kind of flexible employment" {
        /// 统账结合: with an individual account.
        WithAccount = "with-account",
        /// 单建统筹: a contribution of 6 % to the pooling fund and no individual account.
        SinglePooling = "single-pooling",
    }
}

slugs! {
    /// How a cross-region filing was made.
    ///
    /// # Basis
    /// 昆政办〔2022〕15号 二十六; 新阶段新冠疫情防控医保十六条工作措施 十五.
    FilingRoute, "route of a filing" {
        /// With the documents that prove it (材料备案).
        Documents = "documents",
        /// On the person's own written commitment in their place (个人承诺).
        PersonalCommitment = "personal-commitment",
    }
}
