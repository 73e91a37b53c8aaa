# ruff: noqa: RUF001 (Chinese text has its own punctuation)
"""The words of the brief, by language; nothing here says that a contact brings anything about."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "heading": "Decision brief",
        "week": "Plan for {0} to {1}",
        "observational": (
            "Observational: this plan rests on contacts whose targets were chosen, so its figures "
            "rank and describe; they do not say what a contact changes."
        ),
        "measured": (
            "For {0} of {1} actions the gain was measured in campaigns whose targets were drawn at "
            "random; for the others the figures rank and describe only."
        ),
        "do": "What to do",
        "sums": "{0} actions for {1} customers, at a cost of {2} {3}.",
        "duties": "{0} of them answer letters that wait too long and come first.",
        "drawn": "{0} were drawn at random, so that the house learns.",
        "objective": "Objective", "actions": "Actions", "cost": "Cost", "day": "Day",
        "first": "The first of the list", "customer": "Customer", "channel": "Channel",
        "content": "Content", "when": "When", "reason": "Reason",
        "why": "Why", "rule": "Reason of the first of them",
        "limits": "What the plan could use more of", "limit": "What", "where": "Where",
        "limit_budget": "money", "limit_day": "actions on a day",
        "limit_channel_day": "actions on a day by one channel",
        "limit_fairness": "actions for a group",
        "price": "One more would add", "no_limit": "No limit binds: more places would add nothing.",
        "left": "Customers who get nothing, by what stands before their best option",
        "left_none": "Everybody with an offer gets one.", "customers": "Customers",
        "expect": "What to expect",
        "gain": "Gain where it was measured: {0} {3}, 95 % interval {1} to {2}.",
        "answers": (
            "If customers answer as they did so far, {0} of {1} touches are answered (95 %: {2} to "
            "{3}). This counts answers; how many come without a touch is unknown."
        ),
        "gap": (
            "Under the same limits no plan is better by more than {0}; {1} customers can be "
            "reached."
        ),
        "learned": "Learned since the last plan",
        "nothing_learned": "No campaign has new figures since the last plan.",
        "campaign": "Campaign", "touched": "Contacted", "answered": "Answered", "rate": "Share",
        "interval": "95 % interval", "evidence": "Evidence",
        "randomised_word": "drawn at random", "observational_word": "observational",
        "effects": "Measured where targets were drawn at random", "outcome": "Outcome",
        "estimand": "What is compared", "effect_size": "Difference per customer",
        "running": "still running",
        "value": "money spent", "loyalty": "orders", "churn_rate": "share who stopped ordering",
        "satisfaction": "satisfaction (1 to 5)",
        "total": "everybody contacted, instead of nobody",
        "direct": "this customer contacted, instead of not",
        "spillover": "all friends contacted, instead of none",
    },
    "zh": {
        "heading": "决策简报",
        "week": "{0} 至 {1} 的计划",
        "observational": (
            "观察性数据：本计划所依据的联系对象是挑选的，以下数字仅供排序与描述，"
            "不说明联系会带来什么变化。"
        ),
        "measured": (
            "{1} 项行动中有 {0} 项的收益由随机抽取目标的活动测得；其余数字仅供排序与描述。"
        ),
        "do": "做什么",
        "sums": "共 {0} 项行动，涉及 {1} 位客户，成本 {2} {3}。",
        "duties": "其中 {0} 项答复逾期来信，优先处理。",
        "drawn": "{0} 项为随机抽取，以便积累经验。",
        "objective": "目标", "actions": "行动数", "cost": "成本", "day": "日期",
        "first": "名单之首", "customer": "客户", "channel": "渠道", "content": "内容",
        "when": "时间", "reason": "理由",
        "why": "为什么", "rule": "其中首项的理由",
        "limits": "计划还可多用的资源", "limit": "资源", "limit_budget": "资金",
        "limit_day": "当日行动数", "limit_channel_day": "该渠道当日行动数",
        "limit_fairness": "某群体的行动数", "where": "范围", "price": "每多一份可增加",
        "no_limit": "没有限制起约束作用：增加名额不会增加任何收益。",
        "left": "未获行动的客户，按其最优选项被搁置的原因",
        "left_none": "所有有选项的客户均已安排。",
        "customers": "客户数",
        "expect": "预期",
        "gain": "已测得部分的收益：{0} {3}，95% 区间 {1} 至 {2}。",
        "answers": (
            "若客户照以往回应，{1} 次联系中约有 {0} 次得到回应（95%：{2} 至 {3}）。"
            "此数只计回应；不联系时是否也会发生，尚不可知。"
        ),
        "gap": "在相同限制下，任何计划最多只能好 {0}（可联系客户 {1} 位）。",
        "learned": "自上次计划以来所知",
        "nothing_learned": "自上次计划以来，没有活动有新数字。",
        "campaign": "活动", "touched": "联系人数", "answered": "回应人数", "rate": "比例",
        "interval": "95% 区间", "evidence": "依据",
        "randomised_word": "随机抽取", "observational_word": "观察性",
        "effects": "随机抽取目标的活动所测得", "outcome": "结果", "estimand": "类别",
        "effect_size": "每位客户的差异", "running": "仍在进行",
        "value": "消费金额", "loyalty": "订单数", "churn_rate": "停止下单的比例",
        "satisfaction": "满意度（1 至 5）",
        "total": "联系所有人，而非无人", "direct": "联系该客户本人，而非不联系",
        "spillover": "联系其所有好友，而非一个也不联系",
    },
}  # fmt: skip
