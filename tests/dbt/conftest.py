"""One real build of the whole project on a landing one can check by eye."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_tasks.contracts import identity, ops
from crm_tasks.contracts.registry import PYTHON_TABLES
from crm_tasks.settings import PROJECT
from tests.dbt.small_landing import AS_OF, CUSTOMERS, landing_sql
from tests.shared import folder_of_all, made_once

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from crm_tasks.contracts import Table

VARIABLES = {
    "as_of": AS_OF,
    "currency_code": "EUR",
    "time_zone": "UTC",
    "is_synthetic": True,
    "consent_when_unknown": "deny",
}
#: Where it is noted how the build ended.
ENDED = "ended.json"


@dataclass(frozen=True)
class Built:
    """What one ``dbt build`` left behind."""

    home: Path
    returncode: int
    said: str

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return self._artifact("manifest.json")

    @cached_property
    def results(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._artifact("run_results.json")["results"]
        return found

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement on the warehouse that was built."""
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def _artifact(self, name: str) -> dict[str, Any]:
        text = (self.home / "target" / name).read_text(encoding="utf-8")
        artifact: dict[str, Any] = json.loads(text)
        return artifact


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Built:
    """Build every layer, with all tests and unit tests, in one call of dbt: to be read."""
    home = made_once(folder_of_all(tmp_path_factory, worker_id) / "dbt_home", build_all)
    ended = json.loads((home / ENDED).read_text(encoding="utf-8"))
    return Built(home, ended["returncode"], ended["said"])


def build_all(home: Path) -> None:
    """Build everything in ``home`` from a landing, and note how it ended."""
    (home / "landing.sql").write_text(landing_sql(), encoding="utf-8")
    for table in (*PYTHON_TABLES, ops.DQ_RESULTS):
        write_rows(home, table, [])
    write_rows(home, identity.RECORDS, [identified(name) for name in CUSTOMERS])
    done = build(home)
    ended = {"returncode": done.returncode, "said": done.stdout}
    (home / ENDED).write_text(json.dumps(ended), encoding="utf-8")


def build(home: Path) -> subprocess.CompletedProcess[str]:
    """Run ``dbt build`` on everything in ``home``."""
    project = str(PROJECT / "dbt_project")
    command = [
        *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "--no-version-check"),
        *("--log-path", str(home / "logs"), "build"),
        *("--project-dir", project, "--profiles-dir", project),
        *("--target-path", str(home / "target"), "--vars", json.dumps(VARIABLES)),
    ]
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("CRM_", "DBT_"))},
        "DBT_CRM_WAREHOUSE": str(home / "warehouse.duckdb"),
        "DBT_CRM_LAKE": str(home / "lake"),
        "DBT_CRM_LANDING_SQL": str(home / "landing.sql"),
        "DBT_CRM_THREADS": "2",
        "DBT_CRM_TEMPORARY": str(home / "tmp"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def identified(name: str) -> dict[str, Any]:
    """Return the identity record of a customer of the small landing."""
    return {
        "source_system": "shop",
        "source_record_id": name,
        "customer_id": name.upper(),
        "match_status": "singleton",
        "cluster_size": 1,
        "founding_sequence": 1,
        "first_linked_at": dt.datetime(2024, 1, 5),  # noqa: DTZ001 (the warehouse holds UTC)
        "as_of_date": dt.date.fromisoformat(AS_OF),
    }


def write_rows(home: Path, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of a Python table where dbt reads them."""
    folder = home / "lake" / table.schema / table.name
    folder.mkdir(parents=True, exist_ok=True)
    written = pa.Table.from_pylist(list(rows), schema=table.arrow_schema)
    pq.write_table(written, folder / "part-0.parquet")
