# ruff: noqa: RUF001 (Chinese text has its own punctuation)
"""The words a plan speaks in, English and Chinese, apart from the rules' own reasons."""

from __future__ import annotations

#: Objective, its name in English, its name in Chinese.
OBJECTIVES = (
    ("satisfaction", "Help customers find their way", "帮助客户更好地选购"),
    ("loyalty", "Thank and keep regular customers", "答谢并维系常客"),
    ("value", "Offer more to those who buy already", "为已购客户提供更多选择"),
    ("retention", "Keep in touch with those who stay away", "与久未光顾的客户保持联系"),
)

#: ISO number, name in English, name in Chinese.
WEEKDAYS = (
    (1, "Mondays", "星期一"),
    (2, "Tuesdays", "星期二"),
    (3, "Wednesdays", "星期三"),
    (4, "Thursdays", "星期四"),
    (5, "Fridays", "星期五"),
    (6, "Saturdays", "星期六"),
    (7, "Sundays", "星期日"),
)

#: Reason of an answer that is overdue, as rules give theirs: {value} is days.
OPEN_ISSUE = (
    "open_issue",
    "Wrote {value} days ago and has had no answer",
    "客户 {value} 天前来信，至今未获答复",
)

#: Reason code, text in English, text in Chinese; {value} and {weekday} are filled in.
REASONS = (
    (
        "consent_granted",
        "Consent to this channel is on record",
        "已记录该客户对此渠道的同意",
    ),
    (
        "consent_not_recorded",
        "No source records this customer's consent; the profile says to assume it",
        "数据源未记录该客户的同意；配置文件规定视为同意",
    ),
    (
        "answer_to_a_letter",
        "The customer wrote and waits; an answer needs no consent to advertising",
        "客户来信等待答复；答复客户无需营销同意",
    ),
    (
        "worth_as_judged",
        "Ranked {value} after its cost, by past answers and the rule's weight; no forecast",
        "按以往回应率、单次订单价值与规则权重计算，扣除成本后为 {value}；仅用于排序，并非预测",
    ),
    (
        "worth_as_measured",
        "Comes to {value} after its cost, by campaigns whose targets were drawn at random",
        "按随机抽取目标的营销活动测算，扣除成本后为 {value}",
    ),
    (
        "drawn_to_learn",
        "Drawn at random among what could be done, so that the house learns; ranked {value}",
        "在可行选项中随机抽取，以便积累经验；排序值为 {value}",
    ),
    (
        "preferred_time",
        "Orders most often on {weekday} and around {value}:00",
        "最常在{weekday}下单，多在 {value} 点前后",
    ),
    (
        "well_connected",
        "If this customer acts, {value} others may follow, by the graph's activation probabilities",
        "若该客户行动，按图谱的激活概率估计，可能带动 {value} 位其他客户",
    ),
)

#: Why an option was not taken, in English and Chinese; rules give their own words.
WHY_NOT = {
    "open_issue": ("A letter of the customer waits for an answer; that comes first",
                   "客户有来信待复，先予答复"),
    "planned_already": ("An action planned before is still to come", "先前计划的行动尚未执行"),
    "held_out": ("Kept without contact, so that the campaign can be judged",
                 "为评估活动而不联系"),
    "no_consent": ("No consent to this channel", "未同意使用该渠道"),
    "cap_per_7_days": ("Touched on this channel as often as seven days allow",
                       "七天内该渠道的联系次数已达上限"),
    "not_worth_its_cost": ("Costs more than it is ranked at", "成本高于其排序值"),
    "better_option": ("Another option ranks higher for this customer", "该客户另有排序更高的选项"),
    "decided_by_baseline": ("A baseline of the running experiment decided on the customer",
                            "该客户由实验中的基线策略决定"),
    "drawn_otherwise": ("The customer's option was drawn at random", "该客户的选项为随机抽取"),
    "places_taken": ("The last places went to others", "最后的名额已分配给其他客户"),
    "full_day": ("Others rank higher for the places of that day", "当日名额已由排序更高者占用"),
    "full_budget": ("Others rank higher for the money", "预算已由排序更高者占用"),
    "full_channel_day": ("Others rank higher for that day's places on the channel",
                         "该渠道当日名额已由排序更高者占用"),
    "full_fairness": ("The group holds all places it may", "该群体的名额已满"),
}  # fmt: skip


def why_not(code: str, language: str) -> str:
    """Return a code of strategy.candidates in words; a rule's id stays as it is.

    >>> why_not("no_consent", "en"), why_not("a_rule_of_the_house", "en")
    ('No consent to this channel', 'a_rule_of_the_house')
    """
    texts = WHY_NOT.get(code.split(":", maxsplit=1)[0])
    return code if texts is None else texts[language == "zh"]
