"""The outcomes of dbt's own tests, as rows beside those of the gates.

Uniqueness, keys and relations are dbt's to check; an analyst finds them in the same table. Read
are names, states and counts only: dbt's messages and compiled SQL may quote values.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crm_tasks.quality.outcomes import ExpectationOutcome, result_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

SUITE = "dbt"
TREATMENTS = {
    "critical": "the run stops, nothing is published",
    "warning": "recorded, the rows stay",
}


def dbt_outcomes(target: Path, run_id: str) -> pa.Table:
    """Return rows of ``ops.dq_results``, one per dbt test or unit test that ran.

    Parameters
    ----------
    target : Path
        dbt's target folder, with ``run_results.json`` and ``manifest.json`` of the same call.
    run_id : str
        The run the call belonged to.
    """
    manifest = _json(target / "manifest.json")
    tests = manifest["nodes"] | manifest.get("unit_tests", {})
    tables = manifest["nodes"] | manifest["sources"]
    outcomes = [
        _outcome(tests[result["unique_id"]], result, tables)
        for result in _json(target / "run_results.json")["results"]
        if _is_test(result["unique_id"]) and result["status"] != "skipped"
    ]
    ordered = sorted(outcomes, key=lambda o: (o.table_name, o.expectation, o.column_name))
    return result_rows(run_id, ordered)


def _outcome(
    test: Mapping[str, Any], result: Mapping[str, Any], tables: Mapping[str, Any]
) -> ExpectationOutcome:
    config = test.get("config", {})
    severity = "warning" if str(config.get("severity", "error")).lower() == "warn" else "critical"
    condition = config.get("warn_if" if severity == "warning" else "error_if") or "!= 0"
    is_unit_test = test["resource_type"] == "unit_test"
    meta = config.get("meta") or {}
    return ExpectationOutcome(
        suite=SUITE,
        expectation=test["name"],
        table_name=_table_name(test, tables),
        column_name=test.get("column_name") or "",
        is_success=result["status"] in ("pass", "success"),
        severity=severity,
        n_rows=None,
        n_unexpected=None if is_unit_test else result.get("failures"),
        observed_value=None,
        threshold="the rows given" if is_unit_test else f"fails if failing rows {condition}",
        treatment=meta.get("treatment") or TREATMENTS[severity],
        why=test.get("description") or meta.get("why") or f"dbt {_kind(test)}",
    )


def _table_name(test: Mapping[str, Any], tables: Mapping[str, Any]) -> str:
    """Return ``schema.table`` of the model a test stands by, else of the first it reads."""
    parents = test.get("depends_on", {}).get("nodes", [])
    tested = tables.get(test.get("attached_node") or (parents[0] if parents else ""))
    return f"{tested['schema']}.{tested['name']}" if tested else ""


def _kind(test: Mapping[str, Any]) -> str:
    generic = (test.get("test_metadata") or {}).get("name")
    return f"test {generic}" if generic else str(test["resource_type"]).replace("_", " ")


def _is_test(unique_id: str) -> bool:
    return unique_id.startswith(("test.", "unit_test."))


def _json(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
