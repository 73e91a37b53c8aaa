"""Airflow with UI, scheduler, API server, DAG processor and triggerer, on this machine only.

    PYTHONPATH=dags python -m crm_dags.up

What ``make up`` starts. It stays in the foreground; Ctrl-C stops all of it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crm_dags.environment import PORT_NAME, USER, local_airflow, password_file
from crm_dags.services import run_module, running_services
from crm_tasks.errors import CrmError, SettingsError, WarehouseBusy
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

READY_WITHIN_S = 180.0


def main() -> int:
    """Start everything, say where it is and wait; return 0 after a Ctrl-C, else 1."""
    try:
        settings = load_settings()
        home = Home(settings.home_path)
        environment = local_airflow(home, settings.profile)
        refuse_taken_port(int(environment[PORT_NAME]))
        with holding(home), signals_as_interrupt():
            serve(home, environment)
    except KeyboardInterrupt:
        return 0
    except CrmError as error:
        _say(f"error: {error}")
    return 1


def serve(home: Home, environment: Mapping[str, str]) -> None:
    """Run Airflow until it is interrupted or one of its services ends.

    Raises
    ------
    AirflowStopped
        A service did not come up or ended by itself.
    """
    logs = home.airflow / "logs" / "services"
    _say(f"starting Airflow, one moment (logs: {logs})")
    run_module("prepare", ("crm_dags.metadata",), environment, logs)
    with running_services(environment, logs) as services:
        services.wait_until_ready(environment["AIRFLOW__API__BASE_URL"], READY_WITHIN_S)
        _say(_greeting(home, environment))
        services.wait()


def refuse_taken_port(port: int) -> None:
    """Raise SettingsError when something listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise SettingsError(
                f"port {port} is taken; choose another one: {PORT_NAME}=8090 make up"
            ) from None


@contextmanager
def holding(home: Home) -> Iterator[None]:
    """Hold the home's run lock, which ``crm run`` takes too.

    Raises
    ------
    WarehouseBusy
        A run works on this home, or Airflow is up on it already.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    with home.run_lock.open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            raise WarehouseBusy(f"process {holder} works on {home.root}; wait for it") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}, make up: trigger crm_daily in its UI")
        lock.flush()
        yield


@contextmanager
def signals_as_interrupt() -> Iterator[None]:
    """Treat a request to end, or a closed terminal, as Ctrl-C."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _greeting(home: Home, environment: Mapping[str, str]) -> str:
    return f"""
Airflow is up.
  UI         {environment["AIRFLOW__API__BASE_URL"]}
  user       {USER}
  password   in {password_file(home)}
  home       {home.root}

Trigger crm_daily with its form (profile, as of, dry run). It also runs daily at 03:00 UTC; the
latest interval starts by itself the first time. Ctrl-C stops Airflow.
"""


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 (this is a command)


if __name__ == "__main__":
    sys.exit(main())
