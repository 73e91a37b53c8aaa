"""Splink behind a few functions: the one place that knows its interface.

Splink 5 turns comparisons into SQL and runs it in the engine it is given: a private one in memory,
with no way to files or network (``warehouse.scratch``). Its errors may quote SQL and, through it,
values; they are not passed on.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from crm_tasks.errors import RunStateError
from crm_tasks.identity.comparisons import FIELDS, FROZEN_FREQUENCIES, LIVE_FREQUENCIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch

log = logging.getLogger(__name__)

#: What is read of a scored pair: both records, the weight, and per field level and weights.
FIELD_COLUMNS = tuple(
    column
    for field in FIELDS
    for column in (f"gamma_{field}", f"mw_{field}")
)  # fmt: skip


@contextmanager
def told_plainly(task: str) -> Iterator[None]:
    """Turn whatever Splink or the engine raises into one sentence without SQL and values.

    Raises
    ------
    RunStateError
        The task failed; the kind of the error is named.
    """
    try:
        yield
    except RunStateError:
        raise
    except Exception as error:  # noqa: BLE001 (its text may hold values, whatever its kind)
        kind = type(error.__cause__ or error).__name__
        raise RunStateError(f"identity: {task} failed in the linkage engine ({kind})") from None


class SplinkLinker:
    """One Splink linker over tables of a scratch engine.

    Parameters
    ----------
    scratch : Scratch
        Engine that holds the table ``records`` and one table ``frequencies_<column>`` per column
        with frequencies.
    settings : dict
        As :func:`crm_tasks.identity.model.splink_settings` returns them.
    """

    def __init__(self, scratch: Scratch, settings: dict[str, Any]) -> None:
        from splink import DuckDBAPI, Linker

        logging.getLogger("splink").setLevel(logging.CRITICAL)
        self._scratch = scratch
        self._api = DuckDBAPI(scratch.connection)
        records = self._api.register("records")
        self._linker = Linker(records, settings, log_level=None, validate_settings=False)
        for column in (*FROZEN_FREQUENCIES, *LIVE_FREQUENCIES):
            frequencies = self._api.register(f"frequencies_{column}")
            self._linker.table_management.register_term_frequency_lookup(frequencies, column)

    # Training

    def learn_m(self, rule: str, max_pairs: float) -> dict[str, list[float | None]]:
        """Run EM on the pairs of one rule; return m by field and level, None where not seen."""
        session = self._linker.training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True, max_pairs=max_pairs
        )
        found = {}
        for comparison in session.core_model_settings.comparisons:
            levels = [one for one in comparison.comparison_levels if not one.is_null_level]
            found[comparison.output_column_name] = [_number(one.m_probability) for one in levels]
        return found

    # Scoring

    def score_all(self, least: float) -> pa.Table:
        """Return every blocked pair at least so probable."""
        scored = self._linker.inference.predict(threshold_match_probability=least)
        return self._taken(scored)

    def score_between(self, left: str, right: str, least: float) -> pa.Table:
        """Return the blocked pairs of two tables that are at least so probable."""
        scored = self._linker.inference.predict_between(
            self._api.register(left),
            self._api.register(right),
            threshold_match_probability=least,
            warning_mode="never",
        )
        return self._taken(scored)

    def score_within(self, table: str, least: float) -> pa.Table:
        """Return the blocked pairs within a table that are at least so probable."""
        scored = self._linker.inference.predict_within(
            self._api.register(table), threshold_match_probability=least, warning_mode="never"
        )
        return self._taken(scored)

    def score_pairs(self, pairs: str) -> pa.Table:
        """Return exactly the pairs of a table (match_key, join_key_l, join_key_r), scored."""
        registered = self._api.register(pairs)
        self._linker.table_management.register_blocked_pairs_for_predict(registered)
        return self._taken(self._linker.inference.predict(warning_mode="never"))

    def _taken(self, scored: Any) -> pa.Table:
        """Return what is read of scored pairs, and drop the table: it holds clear values."""
        names = {column.name.strip('"') for column in scored.columns}
        more = [f"mw_tf_adj_{field}" for field in FIELDS if f"mw_tf_adj_{field}" in names]
        wanted = ", ".join(("record_l", "record_r", "match_key", *FIELD_COLUMNS, *more))
        rows = self._scratch.query(f"select {wanted} from {scored.physical_name}")  # noqa: S608
        scored.drop_table_from_database_and_remove_from_cache()
        return rows


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
