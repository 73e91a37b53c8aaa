"""From options to the optimiser's problem: who may choose what, and the limits all share."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.errors import RulesError, nearest
from crm_tasks.strategy.optimise import Family, Problem
from crm_tasks.strategy.params import DAYS_AHEAD
from crm_tasks.strategy.rules.expressions import CLASS, feature_kinds

if TYPE_CHECKING:
    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.strategy.optimise.problem import Floats, Ints
    from crm_tasks.strategy.params import Fairness, PlanParams

#: Money in the solver counts whole ten-thousandths, so that sums are exact.
MONEY = 10_000
BUDGET, DAY, CHANNEL_DAY, FAIRNESS = "budget", "day", "channel_day", "fairness"


@dataclass(frozen=True, eq=False)
class Choices:
    """The options that may be used, as arrays beside the table of all options.

    Attributes
    ----------
    options : pyarrow.Table
        All options, ordered by customer, with what deciding needs to know of them.
    usable : ndarray of int64
        Rows of ``options`` that nothing blocks.
    unit : ndarray of int64, shape (n_options,)
        Number of each row's customer, from 0 in the order of the rows.
    customers : pyarrow.Array
        The customers by that number.
    day : ndarray of int64, shape (n_options,)
        Days from the as-of date.
    problem : Problem
        What may be chosen of the usable options under the limits.
    """

    options: pa.Table
    usable: Ints
    unit: Ints
    customers: pa.Array
    day: Ints
    problem: Problem


def frame_choices(
    scratch: Scratch, options: pa.Table, duties: pa.Table, params: PlanParams
) -> Choices:
    """Return the choices of a plan; duties have taken their places, and their money, before.

    ``scratch`` holds ``customers`` and ``classified``, by whose columns fairness groups.
    """
    coded = options.column("customer_id").unify_dictionaries().combine_chunks()
    unit = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    since = pc.days_between(pa.scalar(params.as_of), options.column("scheduled_date"))
    day = since.to_numpy(zero_copy_only=False).astype(np.int64)
    usable = np.flatnonzero(pc.is_null(options.column("blocked_by")).to_numpy(zero_copy_only=False))
    families = [
        _days(day[usable], duties, params),
        _channel_days(options.column("channel_id"), usable, day, duties, params),
        _budget(_whole(options.column("cost"))[usable], duties, params),
        *(
            _groups(scratch, coded.dictionary, unit[usable], bound, params)
            for bound in params.fairness
        ),
    ]
    gain = options.column("score").to_numpy(zero_copy_only=False).astype(np.float64)[usable]
    kept = tuple(family for family in families if family is not None)
    problem = Problem(unit[usable], gain, kept)
    return Choices(options, usable, unit, coded.dictionary, day, problem)


def _days(day: Ints, duties: pa.Table, params: PlanParams) -> Family:
    most = np.full(DAYS_AHEAD, float(params.actions_per_day))
    most[0] = max(most[0] - duties.num_rows, 0.0)
    scopes = tuple(_date(params, n) for n in range(DAYS_AHEAD))
    return Family(DAY, scopes, day, _one_each(len(day)), most, np.zeros(DAYS_AHEAD))


def _channel_days(
    of_options: pa.ChunkedArray, usable: Ints, day: Ints, duties: pa.Table, params: PlanParams
) -> Family | None:
    limits = dict(params.channel_per_day)
    if not limits:
        return None
    names = sorted(limits)
    channel = _codes(of_options, names)[usable]
    row = np.where(channel >= 0, channel * DAYS_AHEAD + day[usable], -1)
    most = np.repeat([float(limits[name]) for name in names], DAYS_AHEAD)
    duty = _codes(duties.column("channel_id"), names)
    np.subtract.at(most, duty[duty >= 0] * DAYS_AHEAD, 1.0)
    scopes = tuple(f"{name} {_date(params, n)}" for name in names for n in range(DAYS_AHEAD))
    return Family(CHANNEL_DAY, scopes, row.astype(np.int64), _one_each(len(row)),
                  np.maximum(most, 0.0), np.zeros(len(most)))  # fmt: skip


def _budget(use: Floats, duties: pa.Table, params: PlanParams) -> Family | None:
    if params.budget is None:
        return None
    spent = _whole(duties.column("cost")).sum()
    most = np.array([max(float(int(params.budget * Decimal(MONEY))) - spent, 0.0)])
    everywhere: Ints = np.broadcast_to(np.int64(0), len(use))
    return Family(BUDGET, ("plan",), everywhere, use, most, np.zeros(1))


def _groups(
    scratch: Scratch, customers: pa.Array, unit: Ints, bound: Fairness, params: PlanParams
) -> Family:
    source = "classified" if bound.by.startswith(CLASS) else "customers"
    known = [name for name, kind in feature_kinds().items() if kind == "text"]
    columns = scratch.query("select * from classified limit 0").column_names
    known += [name for name in columns if name.startswith(CLASS)]
    if bound.by not in known:
        raise RulesError(
            f"fairness by {bound.by!r}: expected a text column of the features or class_<scheme>"
            f"{nearest(bound.by, known)}"
        )
    found = scratch.query(
        f"select customer_id, coalesce(\"{bound.by}\", 'none') as name from {source}"  # noqa: S608
    )
    place = pc.index_in(customers, value_set=found.column("customer_id"))
    of_customer = found.column("name").take(place)
    names = sorted(pc.unique(of_customer).to_pylist())
    group = _codes(of_customer, names)
    row = group[unit]
    least = np.floor(bound.at_least * np.bincount(group[np.unique(unit)], minlength=len(names)))
    most = np.full(len(names), np.inf)
    if bound.at_most < 1:
        most[:] = np.floor(bound.at_most * params.actions_per_day * DAYS_AHEAD)
    return Family(f"{FAIRNESS}:{bound.by}", tuple(names), row, _one_each(len(row)), most,
                  np.minimum(least, most))  # fmt: skip


def _one_each(n: int) -> Floats:
    """Return n ones that take the room of one."""
    ones: Floats = np.broadcast_to(1.0, n)
    return ones


def _codes(values: pa.ChunkedArray | pa.Array, names: list[str]) -> Ints:
    """Return the place of each text in ``names``, -1 for others; texts may be encoded."""
    if isinstance(values, pa.ChunkedArray):
        values = values.unify_dictionaries().combine_chunks()
    is_encoded = pa.types.is_dictionary(values.type)
    texts = values.dictionary if is_encoded else values
    found = pc.fill_null(pc.index_in(texts, value_set=pa.array(names, pa.string())), -1)
    codes: Ints = found.to_numpy(zero_copy_only=False).astype(np.int64)
    if not is_encoded:
        return codes
    at = pc.fill_null(values.indices, -1).to_numpy(zero_copy_only=False)
    encoded: Ints = np.append(codes, -1)[at]
    return encoded


def _whole(money: pa.ChunkedArray) -> Floats:
    amounts: Floats = money.to_numpy(zero_copy_only=False).astype(np.float64)
    return np.round(amounts * MONEY)


def _date(params: PlanParams, days: int) -> str:
    return str(np.datetime64(params.as_of) + np.timedelta64(days, "D"))
