"""Check a layer against its expectations: the only module that imports Great Expectations.

Great Expectations gets only the columns it needs, in batches, and answers with positions of rows;
the keys are looked up here. Values never leave the frames: not into results, messages or logs.
"""

from __future__ import annotations

import datetime as dt
import logging
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.errors import ContractError
from crm_tasks.quality.outcomes import ExpectationOutcome
from crm_tasks.quality.suites import EXPECTATIONS, RunFacts, load_suites
from crm_tasks.settings import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from crm_tasks.quality.suites import Expectation, Suite

#: Types of pandas and Great Expectations, which nothing imports before a gate runs.
DataFrame = Any
Context = Any

log = logging.getLogger(__name__)

ROWS_PER_BATCH = 2_000_000
KEYS_AT_MOST = 10_000
POSITION = "row"
#: Keys without values. The index named here is the row's position, so no key column is needed and
#: no Python loop runs over the rows that do not fit.
RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": [POSITION],
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
    "return_unexpected_index_query": False,
}
#: Figures that are kept. A minimum, a maximum or a most common value is the value of a row, and so
#: is the mean of very few: those are compared and not kept.
COUNTS = {
    "expect_table_row_count_to_be_between",
    "expect_column_unique_value_count_to_be_between",
    "expect_column_proportion_of_unique_values_to_be_between",
}
AGGREGATES = {
    "expect_column_mean_to_be_between",
    "expect_column_sum_to_be_between",
    "expect_column_stdev_to_be_between",
}
ROWS_THAT_HIDE_ONE = 10


class Reader(Protocol):
    """Reads some columns of a table by its full name."""

    def __call__(self, table: str, columns: tuple[str, ...]) -> pa.Table: ...


def check_gate(
    layer: str, read: Reader, facts: RunFacts, root: Path = EXPECTATIONS
) -> list[ExpectationOutcome]:
    """Return the outcome of every expectation of a layer.

    Parameters
    ----------
    layer : str
        landing, core, features, graph or strategy.
    read : Reader
        Gives the columns asked for, in the same row order at each call.
    facts : RunFacts
        The as-of date, channels and fed entities the expectations may refer to.
    root : Path
        The folder of expectation files.

    Raises
    ------
    ContractError
        An expectation file is wrong, or an expectation cannot be computed on its column's type.
    """
    outcomes: list[ExpectationOutcome] = []
    for path, suite in load_suites(layer, root).items():
        if suite.when_fed is None or suite.when_fed in facts.entities_fed:
            outcomes += check_suite(layer, path, suite, read, facts)
        else:
            log.info(
                "gate %s: no source feeds %s, %s passed over", layer, suite.when_fed, path.stem
            )
    return outcomes


def check_suite(
    layer: str, path: Path, suite: Suite, read: Reader, facts: RunFacts
) -> list[ExpectationOutcome]:
    """Return the outcomes of one table's expectations."""
    # A table whose suite counts rows only still has to be read by some column: its first.
    columns = suite.columns or suite.contract.column_names[:1]
    checked = _check_rows(suite, read(suite.table, columns), facts)
    keys = _keys(suite, read, checked)
    file = str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)
    return [
        ExpectationOutcome(
            suite=layer,
            expectation=expectation.name,
            table_name=suite.table,
            column_name=expectation.column_name,
            is_success=finding.is_success,
            severity=expectation.severity,
            n_rows=finding.n_rows,
            n_unexpected=finding.n_unexpected,
            observed_value=finding.observed_value,
            threshold=threshold_in_words(expectation, facts),
            treatment=expectation.treatment,
            why=expectation.why,
            failed_keys=failed_keys,
            file=file,
        )
        for expectation, finding, failed_keys in zip(suite.expectations, checked, keys, strict=True)
    ]


def threshold_in_words(expectation: Expectation, facts: RunFacts) -> str:
    """Return what is expected, as one line: the limits of the file with placeholders filled in."""
    arguments = {
        name: facts.filled_in(value)
        for name, value in expectation.kwargs.items()
        if name not in ("column", "column_A")  # told beside it, as column_name
    }
    limits = ", ".join(f"{name} {_limit(value)}" for name, value in arguments.items())
    words = expectation.type.removeprefix("expect_").replace("_", " ")
    return f"{words}: {limits}" if limits else words


def _limit(value: Any) -> str:
    return f"[{', '.join(str(item) for item in value)}]" if isinstance(value, list) else str(value)


# --- one table ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Finding:
    """What an expectation found in one table, batches taken together."""

    is_success: bool
    n_rows: int | None
    n_unexpected: int | None
    observed_value: float | None
    positions: Sequence[int] = ()


def _check_rows(suite: Suite, rows: pa.Table, facts: RunFacts) -> list[_Finding]:
    """Return one finding per expectation of the suite, in its order."""
    row_by_row = {i: e for i, e in enumerate(suite.expectations) if e.is_row_by_row}
    of_table = {i: e for i, e in enumerate(suite.expectations) if not e.is_row_by_row}
    answers: dict[int, list[Mapping[str, Any]]] = {i: [] for i in range(len(suite.expectations))}
    with _quiet_context() as context:
        for start in range(0, max(rows.num_rows, 1), ROWS_PER_BATCH):
            batch = _frame(rows.slice(start, ROWS_PER_BATCH), start)
            for position, answer in _validate(context, batch, row_by_row, suite, facts):
                answers[position].append(answer)
        if of_table:
            for position, answer in _validate(context, _frame(rows, 0), of_table, suite, facts):
                answers[position].append(answer)
    return [
        _row_finding(expectation, answers[i])
        if expectation.is_row_by_row
        else _table_finding(expectation, answers[i][0], rows.num_rows)
        for i, expectation in enumerate(suite.expectations)
    ]


def _validate(
    context: Context,
    frame: DataFrame,
    expectations: Mapping[int, Expectation],
    suite: Suite,
    facts: RunFacts,
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield position and answer of each expectation; the library answers in an order of its own."""
    import great_expectations as gx

    if not expectations:
        return
    declared = gx.ExpectationSuite(
        name=suite.table,
        expectations=[
            {
                "type": expectation.type,
                "kwargs": {k: _comparable(v) for k, v in expectation.arguments(facts).items()},
                "meta": {"position": position},
            }
            for position, expectation in expectations.items()
        ],
    )
    definition = context.data_sources.get("gate").get_asset("rows").get_batch_definition("whole")
    batch = definition.get_batch({"dataframe": frame})
    for result in batch.validate(declared, result_format=RESULT_FORMAT).results:
        position = result.expectation_config.meta["position"]
        if not result.result:
            # The library's own message quotes values, so only the place is named.
            expectation = suite.expectations[position]
            raise ContractError(
                f"{suite.table}: expectation {expectation.name} ({expectation.type}) cannot be "
                f"computed on {', '.join(expectation.columns)}; do its limits fit the type?"
            )
        yield position, {**result.result, "success": bool(result.success)}


def _row_finding(expectation: Expectation, answers: list[Mapping[str, Any]]) -> _Finding:
    n_rows = sum(a["element_count"] - a.get("missing_count", 0) for a in answers)
    n_unexpected = sum(a["unexpected_count"] for a in answers)
    share = (n_rows - n_unexpected) / n_rows if n_rows else 1.0
    positions: list[int] = []
    for answer in answers:
        for indices in answer["unexpected_index_list"] or ():
            positions += indices[POSITION]
    return _Finding(share >= expectation.mostly, n_rows, n_unexpected, share, positions)


def _table_finding(expectation: Expectation, answer: Mapping[str, Any], n_rows: int) -> _Finding:
    figure = answer.get("observed_value")
    hides_each_row = expectation.type in AGGREGATES and n_rows >= ROWS_THAT_HIDE_ONE
    is_kept = expectation.type in COUNTS or hides_each_row
    observed = float(figure) if is_kept and isinstance(figure, Real) else None
    return _Finding(answer["success"], n_rows, None, observed)


def _keys(suite: Suite, read: Reader, findings: Sequence[_Finding]) -> list[tuple[str, ...]]:
    """Return for each finding the keys of its rows: key columns joined by '|', the first by text.

    They are read now that it is known whether any are needed: keys are the widest columns. Sorted,
    so that the ones kept do not depend on the order of the rows.
    """
    if not any(finding.positions for finding in findings):
        return [()] * len(findings)
    text = [
        c.cast(pa.string()).fill_null("") for c in read(suite.table, suite.contract.key).columns
    ]
    keys = pc.binary_join_element_wise(*text, "|")
    return [
        tuple(keys.take(pa.array(f.positions, pa.int64())).sort()[:KEYS_AT_MOST].to_pylist())
        for f in findings
    ]


def _frame(rows: pa.Table, first_position: int) -> DataFrame:
    """Return the rows as the library reads them fastest, indexed by their position."""
    columns = [_as_number(column) for column in rows.columns]
    frame = pa.table(columns, names=rows.column_names).to_pandas()
    return frame.set_axis(frame.index + first_position).rename_axis(index=POSITION)


def _as_number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return money as DOUBLE, dates and moments as microseconds: others go one by one in Python."""
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64())
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us")).cast(pa.int64())
    return column


def _comparable(value: Any) -> Any:
    """Return a limit as the columns are given: moments as microseconds."""
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if isinstance(value, dt.datetime):
        return (value - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)  # noqa: DTZ001
    return value


@contextmanager
def _quiet_context() -> Iterator[Context]:
    """Yield a context in memory: no files, no progress bars, no messages that quote values."""
    # Not WARNING: on an error the library logs the exception's text, and pandas quotes values.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own; some of pandas' quote values, too
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
        bars = ProgressBarsConfig(globally=False, metric_calculations=False)
        context.variables.progress_bars = bars
        context.enable_analytics(enable=False)
        asset = context.data_sources.add_pandas("gate").add_dataframe_asset("rows")
        asset.add_batch_definition_whole_dataframe("whole")
        yield context
