from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.ops import DQ_RESULTS
from crm_tasks.quality.dbt_results import dbt_outcomes

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-0451"
MODEL = "model.guanxi.fct_orders"
UNIQUE = "test.guanxi.unique_fct_orders_order_id.abc"
WARNS = "test.guanxi.assert_no_future_orders.def"
UNIT = "unit_test.guanxi.fct_orders.returns_are_negative"

MANIFEST: dict[str, Any] = {
    "nodes": {
        MODEL: {"resource_type": "model", "schema": "core", "name": "fct_orders"},
        UNIQUE: {
            "resource_type": "test",
            "name": "unique_fct_orders_order_id",
            "column_name": "order_id",
            "attached_node": MODEL,
            "test_metadata": {"name": "unique"},
            "config": {"severity": "ERROR", "error_if": "!= 0"},
        },
        WARNS: {
            "resource_type": "test",
            "name": "assert_no_future_orders",
            "description": "An order of tomorrow has a wrong date",
            "depends_on": {"nodes": [MODEL]},
            "config": {
                "severity": "warn",
                "warn_if": "> 2",
                "meta": {"treatment": "the rows wait for their date"},
            },
        },
    },
    "sources": {},
    "unit_tests": {
        UNIT: {
            "resource_type": "unit_test",
            "name": "returns_are_negative",
            "description": "Returns reduce what was received",
            "depends_on": {"nodes": [MODEL]},
            "config": {},
        }
    },
}


def result(unique_id: str, status: str, failures: int | None = None) -> dict[str, Any]:
    message = f"Got {failures} results: {CANARY}"
    return {
        "unique_id": unique_id,
        "status": status,
        "failures": failures,
        "message": message,
        "compiled_code": f"where name = '{CANARY}'",
    }


@pytest.fixture
def target(tmp_path: Path) -> Path:
    results = [
        result(MODEL, "success"),
        result(UNIQUE, "fail", 3),
        result(WARNS, "pass", 0),
        result(UNIT, "pass", 0),
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    (tmp_path / "run_results.json").write_text(json.dumps({"results": results}))
    return tmp_path


def test_every_test_that_ran_becomes_a_row_of_its_table_and_column(target: Path) -> None:
    rows = check_rows(DQ_RESULTS, dbt_outcomes(target, "r1")).to_pylist()
    assert [(r["expectation"], r["table_name"], r["column_name"]) for r in rows] == [
        ("assert_no_future_orders", "core.fct_orders", ""),
        ("returns_are_negative", "core.fct_orders", ""),
        ("unique_fct_orders_order_id", "core.fct_orders", "order_id"),
    ]
    assert {r["suite"] for r in rows} == {"dbt"}
    assert {r["run_id"] for r in rows} == {"r1"}


def test_severity_count_threshold_and_treatment_come_from_the_tests_config(target: Path) -> None:
    warns, unit, unique = dbt_outcomes(target, "r1").to_pylist()
    assert (unique["is_success"], unique["severity"], unique["n_unexpected"]) == (
        False,
        "critical",
        3,
    )
    assert unique["threshold"] == "fails if failing rows != 0"
    assert unique["why"] == "dbt test unique"
    assert (warns["is_success"], warns["severity"], warns["n_unexpected"]) == (True, "warning", 0)
    assert warns["threshold"] == "fails if failing rows > 2"
    assert warns["treatment"] == "the rows wait for their date"
    assert warns["why"] == "An order of tomorrow has a wrong date"
    assert unit["n_unexpected"] is None


def test_neither_dbts_messages_nor_its_sql_are_read(target: Path) -> None:
    assert CANARY in (target / "run_results.json").read_text()
    assert CANARY not in repr(dbt_outcomes(target, "r1").to_pylist())


def test_a_test_that_was_skipped_is_no_result_and_one_that_broke_is_a_failure(
    target: Path,
) -> None:
    results = [result(UNIQUE, "skipped"), result(WARNS, "error")]
    (target / "run_results.json").write_text(json.dumps({"results": results}))
    (row,) = dbt_outcomes(target, "r1").to_pylist()
    assert row["expectation"] == "assert_no_future_orders"
    assert not row["is_success"]
    assert row["n_unexpected"] is None
