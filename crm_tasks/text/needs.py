"""What customers need: how often, whether more often than before, and what goes with it.

Every figure carries its n and an interval; trends and correlations a q-value over all that were
looked at (Benjamini-Hochberg 1995), so that a long table is not read as many findings. Nothing
here says that one thing causes another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

DECIMALS = 6
Z95 = 1.959963984540054
WINDOW_DAYS = 365
CUSTOMERS_AT_LEAST, MONTHS_AT_LEAST, MONTHS_AT_MOST = 30, 4, 24
EVERYBODY = "all"


def need_distribution(letters: pd.DataFrame, as_of: dt.date) -> pa.Table:
    """Return, per segment and need, the share of the customers who wrote that needed it.

    Parameters
    ----------
    letters : DataFrame
        Letters of customers: ``customer_id``, ``segment_id``, ``need`` (or NULL), ``said_at``.
    """
    recent = letters[letters.said_at >= pd.Timestamp(as_of) - pd.Timedelta(days=WINDOW_DAYS)]
    everybody = recent.assign(segment_id=EVERYBODY)
    both = pd.concat([everybody, recent[recent.segment_id.notna()]])
    writers = both.groupby("segment_id").customer_id.nunique().rename("n_customers")
    needs = both[both.need.notna()].groupby(["segment_id", "need"])
    found = needs.agg(n_with_need=("customer_id", "nunique"), n_messages=("need", "size"))
    found = found.reset_index().join(writers, on="segment_id")
    low, high = wilson(found.n_with_need, found.n_customers)
    found["share"] = (found.n_with_need / found.n_customers).round(DECIMALS)
    found["ci_low"], found["ci_high"] = low, high
    return _table(found.assign(window_days=WINDOW_DAYS), as_of)


def need_trend(letters: pd.DataFrame, as_of: dt.date) -> pa.Table:
    """Return, per need and whole month, its share of the messages, and its trend over all months.

    The trend is the change of the log odds per month of a binomial regression, with a 95 %
    interval; NULL below four months or where a need is always or never named.
    """
    whole = pd.Timestamp(as_of).to_period("M").start_time
    told = letters[letters.said_at < whole].assign(
        month=lambda rows: rows.said_at.dt.to_period("M").dt.start_time
    )
    months = np.sort(told.month.unique())[-MONTHS_AT_MOST:]
    told = told[told.month.isin(months)]
    n_all = told.groupby("month").size().reindex(months, fill_value=0)
    parts = []
    for need in sorted(told.need.dropna().unique()):
        n = told[told.need == need].groupby("month").size().reindex(months, fill_value=0)
        low, high = wilson(n, n_all)
        slope, error = _slope(_floats(n), _floats(n_all))
        parts.append(
            pd.DataFrame({
                "need": need, "month_start": pd.to_datetime(months).date,
                "n_messages": n.to_numpy(), "n_all": n_all.to_numpy(),
                "share": (n / n_all).round(DECIMALS).to_numpy(), "ci_low": low, "ci_high": high,
                "trend_per_month": slope, "trend_ci_low": slope - Z95 * error,
                "trend_ci_high": slope + Z95 * error, "p_value": _p_value(slope, error),
            })
        )  # fmt: skip
    if not parts:
        return pa.table({})
    found = pd.concat(parts).reset_index(drop=True)
    first = found.groupby("need").p_value.first()
    found["q_value"] = found.need.map(pd.Series(q_values(first.to_numpy()), first.index))
    for name in ("trend_per_month", "trend_ci_low", "trend_ci_high", "q_value"):
        found[name] = found[name].round(DECIMALS)
    return _table(found.drop(columns="p_value"), as_of)


def need_correlation(
    letters: pd.DataFrame, features: pd.DataFrame, names: Sequence[str], as_of: dt.date
) -> pa.Table:
    """Return how having a need goes with features of the customers who wrote (Spearman).

    Parameters
    ----------
    features : DataFrame
        ``customer_id`` and the columns ``names``.
    """
    from scipy.stats import spearmanr

    recent = letters[letters.said_at >= pd.Timestamp(as_of) - pd.Timedelta(days=WINDOW_DAYS)]
    has = pd.crosstab(recent.customer_id, recent.need).clip(upper=1)
    writers = features[features.customer_id.isin(recent.customer_id)].set_index("customer_id")
    has = has.reindex(writers.index, fill_value=0)
    rows = []
    for need in has.columns:
        for name in names:
            known = writers[name].notna()
            x, y = has.loc[known, need].to_numpy(float), writers.loc[known, name].to_numpy(float)
            if len(x) < CUSTOMERS_AT_LEAST or np.ptp(x) == 0 or np.ptp(y) == 0:
                continue
            told = spearmanr(x, y)
            rows.append((need, name, len(x), float(told.statistic), float(told.pvalue)))
    if not rows:
        return pa.table({})
    found = pd.DataFrame(rows, columns=["need", "feature", "n", "correlation", "p_value"])
    half = Z95 * 1.06 / np.sqrt(found.n - 3)  # Fieller, Hartley and Pearson 1957
    middle = np.arctanh(found.correlation.clip(-0.999999, 0.999999))
    found["ci_low"], found["ci_high"] = np.tanh(middle - half), np.tanh(middle + half)
    found["q_value"] = q_values(found.p_value.to_numpy())
    rounded = found.drop(columns="p_value")
    return _table(rounded.round(dict.fromkeys(rounded.columns[3:], DECIMALS)), as_of)


def wilson(successes: pd.Series, trials: pd.Series) -> tuple[Floats, Floats]:
    """Return the ends of Wilson's 95 % interval, rounded; [0, 1] without trials.

    >>> wilson(pd.Series([5]), pd.Series([10]))[0].round(4).tolist()
    [0.2366]
    """
    from statsmodels.stats.proportion import proportion_confint

    n = np.maximum(trials.to_numpy(float), 1e-9)
    low, high = proportion_confint(successes.to_numpy(float), n, method="wilson")
    unknown = trials.to_numpy() == 0
    ends = (np.where(unknown, 0.0, np.clip(low, 0, 1)), np.where(unknown, 1.0, np.clip(high, 0, 1)))
    rounded = [np.asarray(np.round(end, DECIMALS), dtype=np.float64) for end in ends]
    return rounded[0], rounded[1]


def _floats(values: pd.Series) -> Floats:
    return np.asarray(values, dtype=np.float64)


def q_values(p_values: Floats) -> Floats:
    """Return the q-values of Benjamini and Hochberg; NULL stays NULL.

    >>> q_values(np.array([0.01, 0.02, np.nan, 0.9])).round(3).tolist()
    [0.03, 0.03, nan, 0.9]
    """
    from scipy.stats import false_discovery_control

    found = np.full(len(p_values), np.nan)
    known = ~np.isnan(p_values)
    if known.any():
        found[known] = false_discovery_control(p_values[known])
    return found


def _slope(n: Floats, n_all: Floats) -> tuple[float, float]:
    """Return slope and standard error of the log odds over months."""
    import statsmodels.api as sm

    if (n_all > 0).sum() < MONTHS_AT_LEAST or n.sum() == 0 or n.sum() == n_all.sum():
        return np.nan, np.nan
    known = n_all > 0
    at = np.flatnonzero(known).astype(float)
    exposed = sm.add_constant(at - at.mean())
    counts = np.column_stack((n[known], n_all[known] - n[known]))
    fitted = sm.GLM(counts, exposed, family=sm.families.Binomial()).fit()
    return float(fitted.params[1]), float(fitted.bse[1])


def _p_value(slope: float, error: float) -> float:
    from scipy.stats import norm

    return float(2 * norm.sf(abs(slope / error))) if error else np.nan


def _table(rows: pd.DataFrame, as_of: dt.date) -> pa.Table:
    return pa.Table.from_pandas(rows.assign(as_of_date=as_of), preserve_index=False)
