"""Predictions and their reasons as rows; texts are made once per distinct value, not per row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit

from crm_tasks.contracts.ml import PREDICTION_REASONS, PREDICTIONS
from crm_tasks.ml.propensity.contributions import CALIBRATION, SEASON, contributions
from crm_tasks.ml.propensity.wording import FEATURES, NAMES

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt

    from crm_tasks.ml.propensity.candidates import Model
    from crm_tasks.ml.propensity.facts import Cases
    from crm_tasks.ml.propensity.params import Target

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

START, REST = "starting_point", "all_else"
#: Contributions and log odds keep nine decimals, so that seven of them add up within a millionth.
DECIMALS = 9
EFFECTS = {
    "churn": (("raises the risk of leaving", "流失风险上升"), ("speaks for staying", "倾向留下")),
    "buy": (("speaks for an order", "更可能下单"), ("speaks against an order", "更不可能下单")),
}
STARTS = {
    "churn": ("where all start: {} leave", "总体水平：{} 会流失"),
    "buy": ("where all start: {} order", "总体水平：{} 会下单"),
}
OTHERS = {
    REST: ("all other features together", "其余特征合计"),
    CALIBRATION: ("correction by what came true", "按实际结果校准"),
}
#: What is said of the part that the calendar has.
SEASONED = ("the time of year", "时节")


def prediction_ids(ids: pa.Array, target: Target) -> pa.Array:
    """Return ``customer_id:target:horizon_days`` of each customer."""
    return pc.binary_join_element_wise(ids, target.kind, str(target.horizon_days), ":")


def prediction_rows(
    target: Target, model: Model, version: str, cases: Cases, ids: pa.Array, as_of: dt.date
) -> pa.Table:
    """Return the rows of ml.predictions of one target; ``ids`` are those of the cases."""
    odds = np.round(model.log_odds(cases.matrix), DECIMALS)
    probability = pa.array(np.round(expit(odds), 6))
    n = len(odds)
    nothing = pa.nulls(n, pa.float64())
    columns = {
        "prediction_id": prediction_ids(ids, target),
        "customer_id": ids,
        "target": pa.repeat(target.kind, n),
        "horizon_days": pa.repeat(pa.scalar(target.horizon_days, pa.int32()), n),
        "value": probability,
        "value_label": pa.nulls(n, pa.string()),
        "probability": probability,
        "log_odds": pa.array(odds),
        "p10": nothing,
        "p90": nothing,
        "model_version": pa.repeat(version, n),
        "as_of_date": pa.repeat(pa.scalar(as_of, pa.date32()), n),
    }
    return pa.table(columns, schema=PREDICTIONS.arrow_schema)


def reason_rows(
    target: Target, model: Model, cases: Cases, ids: pa.Array, as_of: dt.date, at_most: int
) -> pa.Table:
    """Return the rows of ml.prediction_reasons of one target.

    Rank 0 is where all start, then the strongest features, then the season where there is one
    (it tells customers apart by little), then the sum of all others.
    """
    found = contributions(model, cases.matrix)
    is_season = np.array([name == SEASON for name in found.names], dtype=bool)
    n, named = len(cases.customers), min(at_most, int((~is_season).sum()))
    odds = np.round(model.log_odds(cases.matrix), DECIMALS)
    weight = np.where(is_season, -1.0, np.abs(found.parts))
    order = np.argsort(-weight, axis=1, kind="stable")[:, :named]
    order = np.column_stack([order, np.tile(np.flatnonzero(is_season), (n, 1))])
    start = round(found.start, DECIMALS)
    parts = np.round(np.take_along_axis(found.parts, order, axis=1), DECIMALS)
    rest = np.round(odds - start - parts.sum(axis=1), DECIMALS)
    identifiers = prediction_ids(ids, target)
    share = f"{100 * float(expit(start)):.0f} %"
    said = tuple(text.format(share) for text in STARTS[target.kind])
    blocks = [_same(identifiers, 0, START, np.full(n, start), said)]
    for rank, ranked in enumerate(zip(order.T, parts.T, strict=True), 1):
        blocks += [_block(target, identifiers, rank, found.names, ranked, cases)]
    blocks.append(_same(identifiers, order.shape[1] + 1, REST, rest, OTHERS[REST]))
    rows = pa.concat_tables(blocks)
    dates = pa.repeat(pa.scalar(as_of, pa.date32()), rows.num_rows)
    return rows.append_column("as_of_date", dates).cast(PREDICTION_REASONS.arrow_schema)


def _same(
    identifiers: pa.Array, rank: int, feature: str, parts: Floats, said: tuple[str, ...]
) -> pa.Table:
    n = len(identifiers)
    texts = (pa.repeat(said[0], n), pa.repeat(said[1], n))
    nothing = pa.nulls(n, pa.float64())
    return _table(identifiers, rank, pa.repeat(feature, n), nothing, parts, texts)


def _block(
    target: Target,
    identifiers: pa.Array,
    rank: int,
    names: tuple[str, ...],
    ranked: tuple[Ints, Floats],
    cases: Cases,
) -> pa.Table:
    """Return one reason of every prediction: ``ranked`` are its features' places and parts."""
    place, parts = ranked
    value = np.full(len(place), np.nan)
    english, chinese = (np.empty(len(place), dtype=object) for _ in range(2))
    for number in np.unique(place):
        rows = np.flatnonzero(place == number)
        name = names[number]
        if name in FEATURES:
            value[rows] = cases.matrix[rows, NAMES.index(name)]
        told = _told(target, name, value[rows], parts[rows])
        english[rows], chinese[rows] = told
    features = pa.array(np.array(names, dtype=object)[place], pa.string())
    values = pa.array(np.round(value, 6), pa.float64(), from_pandas=True)
    texts = (pa.array(english, pa.string()), pa.array(chinese, pa.string()))
    return _table(identifiers, rank, features, values, parts, texts)


def _told(target: Target, name: str, value: Floats, parts: Floats) -> tuple[object, object]:
    """Return the texts of a feature: made once per value that reads differently, then dealt out."""
    if name in OTHERS:
        return OTHERS[name]
    phrases, inverse = [SEASONED], np.zeros(len(value), dtype=np.int64)
    if name != SEASON:
        word = FEATURES[name]
        shown = np.round(value, word.decimals)
        distinct, inverse = np.unique(shown, return_inverse=True)  # NaN is one value
        phrases = [word.told(name, float(one)) for one in distinct]
    is_less = (parts < 0).astype(np.int64)
    texts = []
    for language, mark in ((0, ": "), (1, "：")):
        made = [
            [f"{phrase[language]}{mark}{effect[language]}" for effect in EFFECTS[target.kind]]
            for phrase in phrases
        ]
        texts.append(np.array(made, dtype=object)[inverse.ravel(), is_less])
    return texts[0], texts[1]


def _table(
    identifiers: pa.Array,
    rank: int,
    features: pa.Array,
    values: pa.Array,
    parts: Floats,
    texts: tuple[pa.Array, pa.Array],
) -> pa.Table:
    return pa.table(
        {
            "prediction_id": identifiers,
            "rank": pa.repeat(pa.scalar(rank, pa.int32()), len(identifiers)),
            "feature": features,
            "feature_value": values,
            "contribution": pa.array(parts),
            "text_en": texts[0],
            "text_zh": texts[1],
        }
    )
