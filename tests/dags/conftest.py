from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crm_dags.environment import DAGS, local_airflow
from crm_tasks.warehouse.home import Home

DESCRIBE = Path(__file__).with_name("describe_dags.py")


@pytest.fixture(scope="session")
def dag_bag(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what Airflow finds in the DAG folder, read once for all tests."""
    home = Home(tmp_path_factory.mktemp("home"))
    done = subprocess.run(
        [sys.executable, DESCRIBE, DAGS],
        env=local_airflow(home, "completejourney"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("DAGS "))
    return json.loads(line.removeprefix("DAGS "))
