# ruff: noqa: RUF001 (Chinese text has its own punctuation)
"""The rules of the first strategy, as data: who they speak to, with what, and in which words.

Rules stand in order of precedence: a customer is taken by the first that applies. A condition is
SQL over columns of features.feat_customers_wide named in ``COLUMNS``, and over nothing else. Texts
say what is known of the customer; none claims what a contact brings about, since nothing here was
drawn at random.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from crm_tasks.errors import ContractError, listed

#: Columns a condition, or the figure in a reason, may name.
COLUMNS = (
    "rfm_segment",
    "recency_days",
    "frequency",
    "monetary_value",
    "net_revenue_total",
    "customer_age_days",
    "avg_order_gap_days",
    "orders_90d",
    "distinct_categories_90d",
    "discount_share",
    "redemptions_365d",
    "contacts_30d",
    "last_contact_days",
    "influence_value",
)
WORDS = ("and", "or", "not", "in", "is", "null", "between")


@dataclass(frozen=True)
class Rule:
    """One rule: condition, objective, content and the reason it gives.

    ``reason_en`` and ``reason_zh`` may hold ``{value}``: the customer's ``value_column``, in whole
    numbers.
    """

    rule_id: str
    version: int
    objective: str
    content_id: str
    condition: str
    value_column: str
    reason_en: str
    reason_zh: str


RULES = (
    Rule(
        rule_id="best_customer_stays_away",
        version=1,
        objective="retention",
        content_id="winback_voucher",
        condition="rfm_segment = 'cannot_lose'",
        value_column="recency_days",
        reason_en="Used to order often and for much; the last order was {value} days ago",
        reason_zh="过去购买频繁且金额高；上次下单距今 {value} 天",
    ),
    Rule(
        rule_id="pause_longer_than_usual",
        version=1,
        objective="retention",
        content_id="winback_voucher",
        condition=(
            "frequency >= 3 and recency_days >= 14 and recency_days > 3 * avg_order_gap_days"
            " and recency_days <= 365"
        ),
        value_column="recency_days",
        reason_en="No order for {value} days, more than three times the customer's usual gap",
        reason_zh="已 {value} 天没有下单，超过该客户平时间隔的三倍",
    ),
    Rule(
        rule_id="one_order_so_far",
        version=1,
        objective="value",
        content_id="second_purchase_voucher",
        condition="frequency = 1 and recency_days between 7 and 90",
        value_column="recency_days",
        reason_en="One order so far, {value} days ago",
        reason_zh="目前仅有一次下单，距今 {value} 天",
    ),
    Rule(
        rule_id="champion_is_thanked",
        version=1,
        objective="loyalty",
        content_id="member_event",
        condition="rfm_segment = 'champions'",
        value_column="frequency",
        reason_en="Among the customers who order most, most often and most lately: {value} orders",
        reason_zh="属于近期购买最多、最频繁、金额最高的客户：共 {value} 次下单",
    ),
    Rule(
        rule_id="coupon_user_with_room",
        version=1,
        objective="value",
        content_id="category_coupon",
        condition="redemptions_365d >= 1 and rfm_segment in ('loyal', 'potential_loyal')",
        value_column="redemptions_365d",
        reason_en="Orders lately and redeemed {value} coupons in the last 365 days",
        reason_zh="近期有购买，且过去 365 天内使用了 {value} 张优惠券",
    ),
    Rule(
        rule_id="regular_learns_programme",
        version=1,
        objective="loyalty",
        content_id="loyalty_guide",
        condition="rfm_segment in ('loyal', 'potential_loyal')",
        value_column="frequency",
        reason_en="Orders regularly, {value} orders so far",
        reason_zh="购买有规律，目前共 {value} 次下单",
    ),
    Rule(
        rule_id="newcomer_is_guided",
        version=1,
        objective="satisfaction",
        content_id="product_guide",
        condition="rfm_segment in ('new', 'promising')",
        value_column="customer_age_days",
        reason_en="Still new or seldom here; the first order was {value} days ago",
        reason_zh="新客户或购买较少的客户；首次下单距今 {value} 天",
    ),
    Rule(
        rule_id="middling_customer_is_asked",
        version=1,
        objective="satisfaction",
        content_id="service_check_in",
        condition="rfm_segment in ('need_attention', 'about_to_sleep', 'at_risk')",
        value_column="recency_days",
        reason_en="Orders less lately than others; the last order was {value} days ago",
        reason_zh="近期购买少于其他客户；上次下单距今 {value} 天",
    ),
    Rule(
        rule_id="seldom_seen_is_kept_in_touch",
        version=1,
        objective="retention",
        content_id="seasonal_stories",
        condition="rfm_segment in ('hibernating', 'lost') and recency_days <= 365",
        value_column="recency_days",
        reason_en="Orders less often than most; the last order was {value} days ago",
        reason_zh="购买次数少于多数客户；上次下单距今 {value} 天",
    ),
)


def refuse_unknown_columns(rules: tuple[Rule, ...]) -> None:
    """Raise for a rule that names anything but the allowed columns.

    Raises
    ------
    ContractError
        A condition holds a word that is neither an allowed column, a number, a text nor one of
        the few words of logic; or a figure's column is not allowed.
    """
    for rule in rules:
        without_texts = re.sub(r"'[^']*'", "", rule.condition)
        odd_signs = re.sub(r"[\w\s<>=*+().,-]", "", without_texts)
        words = set(re.findall(r"[a-zA-Z_]\w*", without_texts)) | {rule.value_column}
        unknown = (words - set(COLUMNS) - set(WORDS)) | set(odd_signs)
        if unknown or "--" in without_texts:
            raise ContractError(
                f"rule {rule.rule_id} names [{listed(unknown)}]; a condition may name columns of "
                f"features.feat_customers_wide listed in crm_tasks/strategy/rules.py"
            )


def rules_version(rules: tuple[Rule, ...], *parameters: object) -> str:
    """Return a version that changes with any rule or parameter.

    >>> rules_version(RULES) == rules_version(RULES), len(rules_version(RULES))
    (True, 18)
    """
    content = repr((rules, parameters))
    return f"rules-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
