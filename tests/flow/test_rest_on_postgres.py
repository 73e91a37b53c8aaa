"""The deployment of docker-compose.yaml without containers: same commands, same settings.

A real PostgreSQL holds the metadata; API server, scheduler, DAG processor and triggerer run as
processes; the daily DAG is triggered over the REST API by a user who logged in.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from crm_dags.services import run_module, running_services
from crm_tasks.steps.registry import STEPS
from tests.deploy.compose_file import ROOT, SECRETS, services
from tests.flow.small_company import AS_OF, N_ORDERS, write_small_company

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.timeout(900)]

SUCCEEDED_WITHIN_S = 600.0


@pytest.fixture
def postgres() -> Iterator[str]:
    """Yield the end of an address of a new PostgreSQL: what follows user and password."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from pgserver import get_server

        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            server.psql("create role airflow login; create database airflow owner airflow;")
            yield f"@/airflow?host={server.get_uri().partition('host=')[2]}"
        finally:
            server.cleanup()


@pytest.fixture
def environment(tmp_path: Path, postgres: str) -> dict[str, str]:
    """Return the settings of the compose file, moved from containers onto this machine."""
    profile = write_small_company(tmp_path / "company")
    port, health_port = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    composed = services({**SECRETS, "AIRFLOW_BASE_URL": url, "CRM_PROFILE": str(profile)})
    declared = composed["airflow-init"]["environment"]
    address = declared["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("@postgres/airflow", postgres)
    return {
        **declared,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "dags"), str(ROOT)]),
        "CRM_HOME": str(tmp_path / "home"),
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": address,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(health_port),
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",  # the run asked for is the only one
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",  # nobody edits a DAG meanwhile
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def logged_in(url: str, password: str) -> Iterator[httpx.Client]:
    """Yield a client that carries a token of the administrator."""
    with httpx.Client(base_url=url, timeout=30) as client:
        who = {"username": "admin", "password": password}
        token = client.post("/auth/token", json=who).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def wait_for(what: str, check, within_s: float):
    """Return the first true answer of ``check``; fail after the given time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if answer := check():
            return answer
        time.sleep(1)
    pytest.fail(f"no {what} within {within_s:.0f} s")


def processes_of(airflow_home: str) -> list[psutil.Process]:
    """Return the living processes that work for an AIRFLOW_HOME."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("AIRFLOW_HOME") == airflow_home:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def test_a_run_over_rest_publishes_on_the_deployed_services(environment, tmp_path, crm):
    logs = tmp_path / "logs"
    init = services()["airflow-init"]["command"]
    run_module("init", tuple(init[2:]), environment, logs)
    del environment["AIRFLOW_ADMIN_PASSWORD"]  # only init is given it
    url = environment["AIRFLOW__API__BASE_URL"]
    with running_services(environment, logs) as running:
        running.wait_until_ready(url, within_s=120)
        assert httpx.get(f"{url}/api/v2/dags").status_code == 401
        with logged_in(url, SECRETS["AIRFLOW_ADMIN_PASSWORD"]) as api:
            run = trigger(api)
            state = wait_for("end of the run", lambda: ended(api, run), SUCCEEDED_WITHIN_S)
            check_tasks(api, run, state)
    assert processes_of(environment["AIRFLOW_HOME"]) == []
    found = crm(
        "sql",
        "select count(*) from core.fct_orders",
        "--format",
        "csv",
        "--home",
        tmp_path / "home",
    )
    assert found.stdout.split()[-1] == str(N_ORDERS)


def trigger(api: httpx.Client) -> str:
    """Unpause crm_daily, try to misuse it, trigger it; return the address of the run."""
    dag = "/api/v2/dags/crm_daily"
    wait_for("crm_daily", lambda: api.get(dag).status_code == 200, 60)
    assert api.get("/api/v2/importErrors").json()["total_entries"] == 0
    assert api.get(dag).json()["is_paused"]
    api.patch(dag, json={"is_paused": False}).raise_for_status()
    for conf in ({"profile": "../../etc/passwd"}, {"as_of": "2024-02-30"}):
        refused = api.post(f"{dag}/dagRuns", json={"logical_date": None, "conf": conf})
        assert refused.status_code == 400
    asked = {"logical_date": None, "conf": {"as_of": AS_OF.isoformat(), "dry_run": True}}
    made = api.post(f"{dag}/dagRuns", json=asked).raise_for_status().json()
    return f"{dag}/dagRuns/{made['dag_run_id']}"


def ended(api: httpx.Client, run: str) -> str | None:
    state = api.get(run).raise_for_status().json()["state"]
    return state if state in ("success", "failed") else None


def check_tasks(api: httpx.Client, run: str, state: str) -> None:
    """Every step succeeded at its first try, and downstream teams are told."""
    tasks = api.get(f"{run}/taskInstances").json()["task_instances"]
    outcomes = {task["task_id"]: (task["state"], task["try_number"]) for task in tasks}
    assert outcomes == {step.task_id: ("success", 1) for step in STEPS}
    assert state == "success"
    events = api.get("/api/v2/assets/events").json()["asset_events"]
    assert "crm.serve.customer_360" in {event["name"] for event in events}
