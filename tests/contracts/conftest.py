"""dbt's own view of the project: its manifest, made once by ``dbt parse``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from crm_tasks.settings import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

DBT_PROJECT = PROJECT / "dbt_project"


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return dbt's manifest of the models and sources as they stand."""
    target: Path = tmp_path_factory.mktemp("dbt_target")
    command = [
        *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "--no-version-check"),
        *("--log-path", str(target / "logs"), "parse", "--no-partial-parse"),
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(target)),
    ]
    # No DBT_CRM_ variable is set: the project must parse without a run.
    own = {k: v for k, v in os.environ.items() if not k.startswith(("CRM_", "DBT_"))}
    environment = own | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    parsed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert parsed.returncode == 0, parsed.stdout
    read: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return read
