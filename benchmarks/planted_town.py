"""Some blocks of a planted company as a planner meets them: who consents, past campaigns, truth."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.evaluation.customer_features import customer_features
from crm_tasks.evaluation.tie_log import TieLog
from crm_tasks.ml.uplift import Basis, Sample, fit_uplift
from crm_tasks.planted.blocks import make_block
from crm_tasks.planted.campaigns import CLOSED, Effects, block_effects
from crm_tasks.planted.company import AS_OF, Company, Size
from crm_tasks.planted.purchases import CATEGORY_NAMES, catalogue, order_times
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.graph.engine.network import Floats, Ints
    from crm_tasks.planted.blocks import Block

CENTS = 100
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True, eq=False)
class Town:
    """The customers of some blocks, by number, and what became of those who may be contacted.

    Attributes
    ----------
    ids : pyarrow.Array
        All customers, sorted.
    person : ndarray of int64, shape (n,)
        Numbers of those who consent: the same in every campaign.
    effects : list of Effects
        By closed campaign: who was treated, what happened, and what is true.
    worth : ndarray of float64, shape (n,)
        An order's net amount, as the customer's past orders say; the mean of all without any.
    community : ndarray of int64, shape (n,)
    items : pyarrow.Table
        Order lines of the past.
    ties : TieLog
    """

    ids: pa.Array
    person: Ints
    effects: list[Effects]
    worth: Floats
    community: Ints
    items: pa.Table
    ties: TieLog

    @property
    def uplift(self) -> Floats:
        """True change of each customer's probability to convert, a column per campaign."""
        return np.column_stack([one.uplift for one in self.effects])


@dataclass(frozen=True, eq=False)
class Learned:
    """What a model of the past campaigns says of each customer, a column per campaign.

    ``control`` and ``treated`` are the probabilities to convert; ``uplift`` is the learner's own.
    """

    control: Floats
    treated: Floats
    uplift: Floats


def make_town(size: Size, seed: int, n_blocks: int) -> Town:
    """Return the first blocks of a company."""
    company = Company(size, seed)
    blocks = [make_block(company, number) for number in range(n_blocks)]
    n = sum(len(company.block(number)) for number in range(n_blocks))
    ids = pa.array(np.char.add("c", np.char.zfill(np.arange(n).astype(str), 7)))
    effects = [_joined([block_effects(company, c, b.number, b.ties) for b in blocks])
               for c in CLOSED]  # fmt: skip
    person = effects[0].person
    items = pa.concat_tables([_items(company, block, ids) for block in blocks])
    return Town(
        ids, person, effects, _worth(blocks, n)[person], company.community(person), items,
        _ties(blocks, n),
    )  # fmt: skip


def learn(town: Town, learner: str = "x_learner") -> Learned:
    """Return what the product's learner makes of the past campaigns, as of today."""
    starts = [campaign.start for campaign in CLOSED]
    n, days = len(town.person), [*starts, AS_OF]
    cut = np.repeat(np.arange(len(days)), n)
    customer = np.tile(town.person, len(days))
    frames = {
        "items": town.items,
        "cuts": pa.table({
            "cut_id": range(len(days)),
            "cut_at": pa.array([dt.datetime.combine(day, dt.time()) for day in days],
                               pa.timestamp("us")),
        }),
        "asked": pa.table({"place": np.arange(len(cut)), "cut_id": cut,
                           "customer_id": town.ids.take(pa.array(customer))}),
    }  # fmt: skip
    moments = np.array([float((day - EPOCH).days) for day in days])
    with (
        tempfile.TemporaryDirectory() as folder,
        scratch(Home(Path(folder)), "2GB", frames) as lent,
    ):
        features = customer_features(lent, customer, cut, moments, town.ties)
    is_past = cut < len(starts)
    sample = _sample(town, features[is_past])
    model = fit_uplift(sample, Basis.of(sample.features, len(starts)), (learner,))[learner]
    usual = np.tile(sample.exposure.mean(axis=0), (n, 1))
    said = [model.forecast(features[~is_past], np.full(n, number), usual)
            for number in range(len(starts))]  # fmt: skip
    return Learned(*(
        np.column_stack([getattr(one, name) for one in said])
        for name in ("control", "treated", "cate")
    ))  # fmt: skip


def _sample(town: Town, features: Floats) -> Sample:
    def stacked(name: str) -> np.ndarray:
        return np.concatenate([getattr(one, name) for one in town.effects])

    n_rows = len(features)
    return Sample(
        features=features,
        action=np.repeat(np.arange(len(town.effects)), len(town.person)),
        exposure=np.column_stack([stacked("exposure"), stacked("exposure_if_all")]),
        is_treated=stacked("is_treated"),
        # Saturations of 0, 1/2 and 1 alike, or a half for everybody.
        propensity=np.full(n_rows, 0.5),
        outcome=stacked("has_converted").astype(np.float64),
        cluster=np.tile(town.community, len(town.effects)),
    )


def _joined(parts: Sequence[Effects]) -> Effects:
    return Effects(**{
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in Effects.__dataclass_fields__
    })  # fmt: skip


def _items(company: Company, block: Block, ids: pa.Array) -> pa.Table:
    orders, lines = block.orders, block.lines
    of_line = lines.order[orders.is_past[lines.order]]
    kept = orders.is_past[lines.order]
    names = pa.array(CATEGORY_NAMES)
    category = catalogue(company).category[lines.product[kept]]
    return pa.table({
        "customer_id": ids.take(pa.array(orders.person[of_line])),
        "order_id": orders.id[of_line],
        "ordered_at": pa.array(order_times(orders.second[of_line]).astype("datetime64[us]")),
        "category": names.take(pa.array(category)),
        "net_amount": lines.net_cents[kept] / CENTS,
        "discount_amount": lines.discount_cents[kept] / CENTS,
    })  # fmt: skip


def _worth(blocks: Sequence[Block], n: int) -> Floats:
    """Return each customer's mean net amount of an order; the mean of all without any order."""
    spent, orders = np.zeros(n), np.zeros(n)
    for block in blocks:
        is_past = block.orders.is_past
        kept = is_past[block.lines.order]
        who = block.orders.person[block.lines.order[kept]]
        spent += np.bincount(who, block.lines.net_cents[kept] / CENTS, n)
        orders += np.bincount(block.orders.person[is_past], minlength=n)
    mean = np.round(spent / np.maximum(orders, 1), 2)
    return np.where(orders > 0, mean, mean[orders > 0].mean())


def _ties(blocks: Sequence[Block], n: int) -> TieLog:
    owned = [block.ties.owned(block.number) for block in blocks]
    a, b, strength = (
        np.concatenate([getattr(one, name) for one in owned]) for name in ("a", "b", "strength")
    )
    kept = np.maximum(a, b) < n
    return TieLog("true", n, a[kept], b[kept], strength[kept], np.full(int(kept.sum()), np.nan))
