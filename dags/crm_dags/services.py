"""Airflow's services as child processes: started together, awaited, ended to the last one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import httpx

from crm_tasks.errors import CrmError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

#: ``airflow standalone`` would do, but for its log servers, which listen on all interfaces; here
#: the API server reads the log files itself.
SERVICES = {
    "api-server": ("airflow", "api-server"),
    "scheduler": ("airflow", "scheduler", "--skip-serve-logs"),
    "dag-processor": ("airflow", "dag-processor"),
    "triggerer": ("airflow", "triggerer", "--skip-serve-logs"),
}
HEALTH_OF = ("metadatabase", "scheduler", "dag_processor", "triggerer")
STOPPED_WITHIN_S = 10.0
POLL_S = 0.5
LOG_LINES_SHOWN = 15


class AirflowStopped(CrmError):
    """A service of Airflow did not come up, or ended by itself."""


class Services:
    """The running services of one Airflow."""

    def __init__(self, processes: Mapping[str, subprocess.Popen[bytes]], logs: Path) -> None:
        self._processes = processes
        self._logs = logs

    def check(self) -> None:
        """Raise AirflowStopped, with the end of its log, if a service has ended."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise AirflowStopped(f"{name} ended by itself:\n{_end_of(self._logs, name)}")

    def wait(self) -> None:
        """Wait until a service ends, which none should."""
        while True:
            self.check()
            time.sleep(POLL_S)

    def wait_until_ready(self, url: str, within_s: float) -> None:
        """Wait until the API answers and every service behind it reports itself healthy."""
        deadline = time.monotonic() + within_s
        while not is_healthy(url):
            self.check()
            if time.monotonic() > deadline:
                raise AirflowStopped(f"Airflow is not ready after {within_s:.0f} s: {self._logs}")
            time.sleep(POLL_S)


@contextmanager
def running_services(environment: Mapping[str, str], logs: Path) -> Iterator[Services]:
    """Start all services; in the end none of their processes is left."""
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in SERVICES.items():
            processes[name] = _start(name, command, environment, logs)
        yield Services(processes, logs)
    finally:
        _stop(processes.values())


def run_module(
    name: str, command: tuple[str, ...], environment: Mapping[str, str], logs: Path
) -> None:
    """Run a Python module to its end.

    Raises
    ------
    AirflowStopped
        It failed; the message has the end of its log.
    """
    process = _start(name, command, environment, logs)
    try:
        if process.wait() != 0:
            raise AirflowStopped(f"{name} failed:\n{_end_of(logs, name)}")
    finally:
        _stop([process])


def is_healthy(url: str) -> bool:
    """Return whether the API answers and says that all services are healthy."""
    try:
        health = httpx.get(f"{url}/api/v2/monitor/health", timeout=5).json()
    except (httpx.HTTPError, ValueError):
        return False
    return all(health.get(service, {}).get("status") == "healthy" for service in HEALTH_OF)


def _start(
    name: str, command: tuple[str, ...], environment: Mapping[str, str], logs: Path
) -> subprocess.Popen[bytes]:
    """Start a Python module in a process group of its own, so that all of it can be ended."""
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{name}.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 (our own command)
            [sys.executable, "-m", *command],
            env=dict(environment),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _stop(processes: Collection[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOPPED_WITHIN_S
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _end_of(logs: Path, name: str) -> str:
    file = logs / f"{name}.log"
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join([*lines[-LOG_LINES_SHOWN:], f"(all of it: {file})"])
