from __future__ import annotations

from dataclasses import replace

import pytest

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.ops import DQ_FAILED_ROWS, DQ_RESULTS
from crm_tasks.errors import GateFailed
from crm_tasks.quality.outcomes import (
    ExpectationOutcome,
    failed_rows,
    refuse_critical_failures,
    result_rows,
)

FAILED = ExpectationOutcome(
    suite="core",
    expectation="quantity_is_positive",
    table_name="core.fct_toys",
    column_name="quantity",
    is_success=False,
    severity="critical",
    n_rows=1_469_307,
    n_unexpected=8_869,
    observed_value=0.99,
    threshold="column values to be between: min_value 1",
    treatment="the row stays and is not counted",
    why="nobody buys fewer than one toy",
    failed_keys=("s|t1", "s|t2"),
    file="expectations/core/fct_toys.yml",
)


def test_results_and_failed_rows_fit_their_contracts() -> None:
    results = check_rows(DQ_RESULTS, result_rows("r1", [FAILED]))
    keys = check_rows(DQ_FAILED_ROWS, failed_rows("r1", [FAILED]))
    assert results.num_rows == 1
    assert keys.column("row_key").to_pylist() == ["s|t1", "s|t2"]


def test_without_outcomes_the_rows_still_have_their_columns() -> None:
    assert result_rows("r1", []).schema == DQ_RESULTS.arrow_schema
    assert failed_rows("r1", []).schema == DQ_FAILED_ROWS.arrow_schema


def test_the_message_says_what_where_how_many_and_how_to_look() -> None:
    with pytest.raises(GateFailed) as error:
        refuse_critical_failures("core", "r1", [FAILED])
    assert str(error.value) == (
        "gate core: 1 critical expectation(s) do not hold, nothing is published from this run\n"
        "  quantity_is_positive on core.fct_toys.quantity: 8,869 of 1,469,307 rows do not fit; "
        "expected column values to be between: min_value 1 (expectations/core/fct_toys.yml)\n"
        '  see the rows: crm sql --ops "select expectation, table_name, row_key from '
        "dq_failed_rows where run_id = 'r1' and expectation = 'quantity_is_positive'\""
    )


def test_a_figure_of_the_whole_table_is_told_as_such() -> None:
    outcome = replace(FAILED, n_unexpected=None, observed_value=0.0, column_name="")
    with pytest.raises(GateFailed, match=r"on core\.fct_toys: the figure is 0; expected"):
        refuse_critical_failures("core", "r1", [outcome])


def test_warnings_and_successes_stop_nothing() -> None:
    warning = replace(FAILED, severity="warning")
    refuse_critical_failures("core", "r1", [warning, replace(FAILED, is_success=True)])


def test_a_long_list_of_failures_is_cut_at_ten() -> None:
    failures = [replace(FAILED, expectation=f"claim_{i}") for i in range(12)]
    with pytest.raises(GateFailed, match="and 2 more") as error:
        refuse_critical_failures("core", "r1", failures)
    assert "claim_9 on" in str(error.value)
    assert "claim_10 on" not in str(error.value)
