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
