"""The features of a customer as of an origin, and how an account manager reads them."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Shown = Literal["days", "count", "money", "share", "ratio", "score"]


@dataclass(frozen=True)
class Wording:
    """One feature in words; ``{}`` takes its value as ``shown`` says.

    ``one`` and ``one_zh`` are of exactly one.
    """

    en: str
    zh: str
    shown: Shown
    name_zh: str
    one: str = ""
    one_zh: str = ""

    def told(self, name: str, value: float) -> tuple[str, str]:
        """Return the phrase in English and Chinese; a missing value is said to be missing."""
        if isnan(value):
            return f"{name.replace('_', ' ')} not known", f"{self.name_zh}未知"
        text = _SHOWN[self.shown](value)
        is_one = text == "1"
        english = self.one if self.one and is_one else self.en
        chinese = self.one_zh if self.one_zh and is_one else self.zh
        return english.format(text), chinese.format(text)

    @property
    def decimals(self) -> int:
        """Decimals beyond which two values read the same."""
        return _DECIMALS[self.shown]


def _count(value: float) -> str:
    return f"{value:,.0f}"


_SHOWN: dict[Shown, Callable[[float], str]] = {
    "days": _count,
    "count": _count,
    "money": lambda value: f"{value:,.2f}",
    "share": lambda value: f"{100 * value:.0f} %",
    "ratio": lambda value: f"{value:.1f}",
    "score": lambda value: f"{round(value, 1) + 0.0:.1f}",  # + 0.0: no minus before a zero
}

_DECIMALS: dict[Shown, int] = {
    "days": 0,
    "count": 0,
    "money": 2,
    "share": 2,
    "ratio": 1,
    "score": 1,
}

#: In the order of the columns that ``features.FEATURES_SQL`` returns.
FEATURES: dict[str, Wording] = {
    "recency_days": Wording(
        "last order {} days ago",
        "上次下单距今 {} 天",
        "days",
        "距上次下单天数",
        "last order 1 day ago",
    ),
    "customer_age_days": Wording(
        "first order {} days ago",
        "首次下单距今 {} 天",
        "days",
        "距首次下单天数",
        "first order 1 day ago",
    ),
    "n_orders": Wording(
        "{} orders so far", "累计下单 {} 次", "count", "累计下单次数", "1 order so far"
    ),
    "n_orders_28d": Wording(
        "{} orders in 28 days",
        "近 28 天下单 {} 次",
        "count",
        "近28天下单次数",
        "1 order in 28 days",
    ),
    "n_orders_90d": Wording(
        "{} orders in 90 days",
        "近 90 天下单 {} 次",
        "count",
        "近90天下单次数",
        "1 order in 90 days",
    ),
    "mean_gap_days": Wording(
        "usually {} days between orders", "平均每 {} 天下单一次", "ratio", "平均下单间隔"
    ),
    "gap_ratio": Wording(
        "silent for {} times the usual gap", "沉默时长为平常间隔的 {} 倍", "ratio", "沉默倍数"
    ),
    "mean_order_amount": Wording("{} per order", "平均每单金额 {}", "money", "平均每单金额"),
    "net_amount_90d": Wording("{} spent in 90 days", "近 90 天消费 {}", "money", "近90天消费"),
    "amount_trend": Wording(
        "spending at {} of the 90 days before", "消费为此前 90 天的 {}", "share", "消费趋势"
    ),
    "discount_share": Wording("{} of the price was discount", "折扣占原价 {}", "share", "折扣占比"),
    "return_share": Wording("{} of the amount sent back", "退货金额占 {}", "share", "退货占比"),
    "late_share": Wording("{} of deliveries late", "{} 的订单晚到", "share", "晚到占比"),
    "items_per_order": Wording("{} items per order", "平均每单 {} 件", "ratio", "每单件数"),
    "n_sessions_30d": Wording(
        "{} visits in 30 days",
        "近 30 天访问 {} 次",
        "count",
        "近30天访问次数",
        "1 visit in 30 days",
    ),
    "n_sessions_90d": Wording(
        "{} visits in 90 days",
        "近 90 天访问 {} 次",
        "count",
        "近90天访问次数",
        "1 visit in 90 days",
    ),
    "days_since_session": Wording(
        "last visit {} days ago",
        "上次访问距今 {} 天",
        "days",
        "距上次访问天数",
        "last visit 1 day ago",
    ),
    "visits_per_90d": Wording(
        "{} visits per 90 days as a customer",
        "成为顾客期间每 90 天访问 {} 次",
        "ratio",
        "每90天访问次数",
    ),
    "cart_share_90d": Wording("a cart in {} of visits", "{} 的访问加入购物车", "share", "加购占比"),
    "n_reviews": Wording(
        "{} reviews written", "写过 {} 条评价", "count", "评价条数", "1 review written"
    ),
    "mean_score": Wording("reviews score {} on average", "评价平均 {} 分", "score", "评价平均分"),
    "low_score_share": Wording("{} of reviews low", "低分评价占 {}", "share", "低分评价占比"),
    "n_messages_90d": Wording(
        "{} messages in 90 days",
        "近 90 天来信 {} 条",
        "count",
        "近90天来信",
        "1 message in 90 days",
    ),
    "n_complaints": Wording(
        "{} complaints in a year",
        "一年内投诉 {} 次",
        "count",
        "一年内投诉",
        "1 complaint in a year",
    ),
    "n_complaints_90d": Wording(
        "{} complaints in 90 days",
        "近 90 天投诉 {} 次",
        "count",
        "近90天投诉",
        "1 complaint in 90 days",
    ),
    "complaints_per_90d": Wording(
        "{} complaints per 90 days as a customer",
        "成为顾客期间每 90 天投诉 {} 次",
        "ratio",
        "每90天投诉次数",
    ),
    "n_open_issues": Wording(
        "{} messages wait for an answer",
        "{} 条来信尚待答复",
        "count",
        "待答复来信",
        "1 message waits for an answer",
    ),
    "sentiment_90d": Wording(
        "tone of what was written in 90 days: {} (-1 to 1)",
        "近 90 天文字语气 {}（-1 至 1）",
        "score",
        "近90天文字语气",
    ),
    "n_contacts_90d": Wording(
        "contacted {} times in 90 days",
        "近 90 天被联系 {} 次",
        "count",
        "近90天被联系次数",
        "contacted once in 90 days",
    ),
    "open_share_180d": Wording("opens {} of messages", "打开 {} 的消息", "share", "消息打开率"),
    "n_redemptions_90d": Wording(
        "{} coupons used in 90 days",
        "近 90 天用券 {} 张",
        "count",
        "近90天用券",
        "1 coupon used in 90 days",
    ),
    "csat_last": Wording(
        "satisfaction {} in the last survey", "最近调查满意度 {} 分", "score", "最近满意度"
    ),
    "nps_last": Wording("would recommend: {} of 10", "推荐意愿 {}/10", "score", "推荐意愿"),
    "is_loyalty_member": Wording(
        "not in the loyalty scheme",
        "不是忠诚会员",
        "count",
        "是否忠诚会员",
        "in the loyalty scheme",
        "是忠诚会员",
    ),
}
NAMES = tuple(FEATURES)
