from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crm_dags.environment import DAGS, local_airflow
from crm_tasks.warehouse.home import Home
from tests.shared import folder_of_all, made_once

DESCRIBE = Path(__file__).with_name("describe_dags.py")
DESCRIBED = "described.json"


@pytest.fixture(scope="session")
def dag_bag(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> dict[str, Any]:
    """Return what Airflow finds in the DAG folder, read once for all tests."""
    folder = made_once(folder_of_all(tmp_path_factory, worker_id) / "dag_bag", describe_into)
    return json.loads((folder / DESCRIBED).read_text(encoding="utf-8"))


def describe_into(folder: Path) -> None:
    """Have Airflow read the DAG folder in a process of its own, and keep what it finds."""
    home = Home(folder / "home")
    home.root.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, DESCRIBE, DAGS],
        env=local_airflow(home, "completejourney"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("DAGS "))
    (folder / DESCRIBED).write_text(line.removeprefix("DAGS "), encoding="utf-8")
