"""Page views: within the life of a customer, of own interest above all, and the same each time."""

from __future__ import annotations

from collections import Counter

import pytest

from crm_tasks.planted.browsing import block_page_views
from crm_tasks.planted.people import N_INTERESTS, People
from crm_tasks.planted.purchases import CATEGORIES_PER_INTEREST, CATEGORY_NAMES
from crm_tasks.planted.records import first_ids

TODAY = "2025-01-01"


@pytest.fixture(scope="module")
def views(block):
    return block_page_views(block.company, 1, block.process, block.orders)


def test_nothing_is_seen_before_the_first_day_or_after_today(views) -> None:
    assert len(views) > 1_000
    assert max(row["at"] for row in views) < TODAY
    assert min(row["at"] for row in views) >= "2023-01-01"


def test_a_block_is_the_same_each_time(views, block) -> None:
    assert block_page_views(block.company, 1, block.process, block.orders) == views


def test_a_session_is_one_cookie_and_each_view_is_told_once(views) -> None:
    cookies: dict[str, set[str]] = {}
    for row in views:
        cookies.setdefault(row["session_id"], set()).add(row["cookie"])
    assert {len(own) for own in cookies.values()} == {1}
    assert len({row["view_id"] for row in views}) == len(views)


def test_people_look_at_their_own_interest_most(views, block) -> None:
    person = block.process.person
    interest = People(block.company, person).interest.tolist()
    own = dict(zip(first_ids(block.company, "shop", person).tolist(), interest, strict=True))
    place = {name.replace(" ", "-"): at for at, name in enumerate(CATEGORY_NAMES)}
    seen = Counter(
        place[row["url"].split("/")[1]] // CATEGORIES_PER_INTEREST == own[row["customer_id"]]
        for row in views
        if row["customer_id"] is not None
    )
    assert seen[True] > 3 * seen.total() / N_INTERESTS
