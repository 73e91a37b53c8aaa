"""Purchases follow the planted process, calendar, interests and rules."""

from __future__ import annotations

import numpy as np
import pytest

from crm_tasks.planted.company import DAYS, FUTURE_DAYS
from crm_tasks.planted.people import People
from crm_tasks.planted.purchases import (
    BASKET_RULES,
    CATEGORIES_PER_INTEREST,
    N_INTERESTS,
    SECONDS,
    SEQUENCE_RULES,
    STAPLE_SHARE,
    calendar,
    catalogue,
    order_times,
    staple_weights,
)


def test_the_calendar_has_mean_one_and_the_planted_week() -> None:
    level = calendar()
    assert len(level) == DAYS + FUTURE_DAYS
    assert level.mean() == pytest.approx(1)
    days = order_times(np.arange(len(level)) * SECONDS).astype("datetime64[D]")
    weekday = (days.astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    assert level[weekday == 5].mean() > 1.2 * level[weekday == 1].mean()


def test_nobody_buys_after_leaving(block) -> None:
    number = dict(zip(block.process.person, block.process.left_after_order, strict=True))
    assert all(
        n <= number[p] for p, n in zip(block.orders.person, block.orders.number, strict=True)
    )


def test_orders_are_numbered_in_time_and_reach_past_today(block) -> None:
    orders = block.orders
    same = orders.person[1:] == orders.person[:-1]
    assert (np.diff(orders.second)[same] >= 0).all()
    assert (np.diff(orders.number)[same] == 1).all()
    assert 0.05 < (~orders.is_past).mean() < 0.3


def test_late_deliveries_happen_at_each_customer_s_rate(block) -> None:
    expected = People(block.company, block.orders.person).drivers["late_delivery_share"]
    assert block.orders.is_late.mean() == pytest.approx(expected.mean(), abs=0.02)
    assert np.corrcoef(block.orders.is_late, expected)[0, 1] > 0.2


def test_a_product_stands_once_in_a_basket(block) -> None:
    key = block.lines.order * block.company.n_products + block.lines.product
    assert len(np.unique(key)) == len(key)
    assert (np.diff(key) > 0).all()
    assert block.lines.quantity.min() >= 1
    assert block.lines.net_cents.min() >= 1


def test_half_of_what_is_bought_is_staples_and_the_rest_own_interest(block) -> None:
    lines, goods = block.lines, catalogue(block.company)
    category = goods.category[lines.product]
    is_staple = category >= N_INTERESTS * CATEGORIES_PER_INTEREST
    assert is_staple.mean() == pytest.approx(STAPLE_SHARE, abs=0.05)
    interest = People(block.company, block.orders.person).interest[lines.order]
    own = category // CATEGORIES_PER_INTEREST == interest
    assert own[~is_staple].mean() > 0.8


def test_staples_have_their_own_year() -> None:
    weights = staple_weights()
    assert weights.sum(axis=1) == pytest.approx(np.ones(12))
    assert weights.max() / weights.min() > 2


@pytest.mark.parametrize("rule", [*BASKET_RULES, *SEQUENCE_RULES])
def test_a_rule_raises_what_it_leads_to(block, rule) -> None:
    lines, goods, orders = block.lines, catalogue(block.company), block.orders

    def holds(item):
        found = np.zeros(len(orders.person), dtype=bool)
        found[lines.order[lines.product == goods.product(*item)]] = True
        return found

    first, then = holds(rule.antecedent), holds(rule.consequent)
    if rule in SEQUENCE_RULES:
        has_next = np.append(orders.person[1:] == orders.person[:-1], False)
        first, then = first & has_next, np.append(then[1:], False)
    assert first.sum() > 30
    spread = (rule.probability * (1 - rule.probability) / first.sum()) ** 0.5
    assert then[first].mean() > rule.probability - 3 * spread
    assert then[first].mean() > 2 * then.mean()
