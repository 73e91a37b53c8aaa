"""Where people click: page views in sessions, while a customer is active."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.planted import calibration as real
from crm_tasks.planted.company import DAYS, Company
from crm_tasks.planted.people import N_INTERESTS, People
from crm_tasks.planted.purchases import (
    CATEGORIES_PER_INTEREST,
    CATEGORY_NAMES,
    N_CATEGORIES,
    SECONDS,
    STAPLE_SHARE,
    Orders,
    Process,
    catalogue,
)
from crm_tasks.planted.records import first_ids
from crm_tasks.planted.voices import Row, iso_seconds, spans_of_life

if TYPE_CHECKING:
    from crm_tasks.planted.randoms import Indices

SESSIONS_PER_60_DAYS = 0.3


def block_page_views(company: Company, block: int, process: Process, orders: Orders) -> list[Row]:
    """Return page views: sessions while the customer is active, of own interest above all."""
    rng = company.draws.block("web", block)
    begin, end = spans_of_life(process, orders)
    drivers = People(company, process.person).drivers
    days = np.where(begin >= 0, (end - begin) / SECONDS + 25, 0.0)
    n = rng.poisson(SESSIONS_PER_60_DAYS * drivers["web_engagement"] * days / 60)
    row = np.repeat(np.arange(len(n)), n)
    late = np.minimum(end[row] + 20 * SECONDS, DAYS * SECONDS - 3_600)
    start = (begin[row] + rng.random(len(row)) * (late - begin[row])).astype(np.int64)
    start = np.maximum(start, 0)
    pages = np.exp(rng.normal(np.log(real.SESSION_MEDIAN_PAGES), real.SESSION_LOG_SD, len(row)))
    pages = np.clip(np.round(pages), 1, real.SESSION_PAGES_AT_MOST).astype(np.int64)
    return _views(company, block, (process.person[row], start, pages), rng)


def _views(
    company: Company,
    block: int,
    sessions: tuple[Indices, Indices, Indices],
    rng: np.random.Generator,
) -> list[Row]:
    person, start, pages = sessions
    session = np.repeat(np.arange(len(person)), pages)
    n = len(session)
    step = np.concatenate([np.arange(count) for count in pages]) if n else session
    second = start[session] + step * rng.integers(5, 50, n)
    engaged = np.minimum(np.round(rng.lognormal(2.5, 1.0, n), 1), 600.0).tolist()
    goods = catalogue(company)
    interest = People(company, person).interest[session]
    own = interest * CATEGORIES_PER_INTEREST + rng.integers(0, CATEGORIES_PER_INTEREST, n)
    staple = N_INTERESTS * CATEGORIES_PER_INTEREST + rng.integers(0, 8, n)
    category = np.where(rng.random(n) < 1 - STAPLE_SHARE, own, staple)
    product = goods.product(
        category, (goods.n_per_category * rng.random(n) ** 2).astype(np.int64)
    ).tolist()
    is_logged_in = rng.random(len(person)) < 0.6  # noqa: PLR2004
    shop_ids = first_ids(company, "shop", person).tolist()
    cookies = company.draws.words("cookie", person).tolist()
    devices = (rng.random(len(person)) < 0.6).tolist()  # noqa: PLR2004
    sources = rng.integers(0, 4, len(person)).tolist()
    moments, rows = iso_seconds(second), []
    for row, at in enumerate(session.tolist()):
        name = CATEGORY_NAMES[category[row] % N_CATEGORIES].replace(" ", "-")
        rows.append({
            "view_id": f"v{block * 1_000_000 + row}", "session_id": f"s{block * 100_000 + at}",
            "cookie": f"{cookies[at]:016x}",
            "customer_id": shop_ids[at] if is_logged_in[at] else None,
            "at": moments[row], "url": f"/{name}/P{product[row]:05d}",
            "engaged_seconds": engaged[row], "device": "mobile" if devices[at] else "desktop",
            "utm_source": ("search", "newsletter", "social", None)[sources[at]],
        })  # fmt: skip
    return rows
