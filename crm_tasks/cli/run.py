"""`crm run`: the daily DAG in an embedded Airflow, with progress told step by step."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from crm_tasks.cli.console import HomeOption, errors, output
from crm_tasks.cli.summary import print_found
from crm_tasks.cli.up import airflow_environment
from crm_tasks.errors import CrmError, WarehouseBusy
from crm_tasks.profiles import load_profile
from crm_tasks.settings import Settings, load_settings
from crm_tasks.steps.registry import STEPS
from crm_tasks.warehouse.bound import bound_python
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

POLL_S = 0.3
ENDED = ("success", "unchanged", "failed")


class RunFailed(CrmError):
    """The DAG did not end well; the step and its message have been shown."""


def run(
    profile: Annotated[
        str | None,
        typer.Option(help="Bundled profile name or YAML file (default: CRM_PROFILE)"),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="YYYY-MM-DD", help="Compute with what was known before"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Plan actions, mark them as not to be sent")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Run the daily DAG: land, model, graph, learn, decide, evaluate, publish.

    Nothing is published unless every gate passes; readers keep the version they have. A rerun of
    unchanged inputs does nothing twice. `crm runs show last` has the details afterwards.
    """
    settings = load_settings(home=home, profile=profile)
    load_profile(settings.profile)  # a wrong profile is told before anything starts
    place = Home(settings.home_path)
    started = time.perf_counter()
    with one_run_at_a_time(place):
        attempt_id = f"crm_run__{uuid.uuid4().hex[:12]}"
        code = _follow(_start(settings, place, attempt_id, as_of, dry_run), place, attempt_id)
    ledger = Ledger(place.ops_file)
    _raise_if_failed(ledger, attempt_id, code, place)
    print_found(ledger, place, attempt_id, time.perf_counter() - started)


@contextmanager
def one_run_at_a_time(home: Home) -> Iterator[None]:
    """Hold the home's run lock.

    Raises
    ------
    WarehouseBusy
        Another `crm run` works on this home.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    with home.run_lock.open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise WarehouseBusy(
                f"another run (process {lock.read().strip()}) works on {home.root}; wait for it"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _start(
    settings: Settings, home: Home, attempt_id: str, as_of: str | None, dry_run: bool
) -> subprocess.Popen[bytes]:
    command = [*bound_python("crm_dags.embedded"), "--profile", settings.profile]
    command += ["--home", str(home.root), "--attempt-id", attempt_id]
    command += ["--as-of", as_of] if as_of else []
    command += ["--dry-run"] if dry_run else []
    log_file = home.airflow / "logs" / "crm_run.log"
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("wb") as log:
        return subprocess.Popen(  # noqa: S603 (our own module)
            command, env=airflow_environment(), stdout=log, stderr=subprocess.STDOUT
        )


def _follow(process: subprocess.Popen[bytes], home: Home, attempt_id: str) -> int:
    """Print a line as each step ends; return the exit code of the embedded Airflow."""
    ledger = Ledger(home.ops_file)
    told: set[int] = set()
    output.print("starting the embedded Airflow ...", style="dim")
    try:
        while True:
            code = process.poll()
            _tell(ledger, attempt_id, told)
            if code is not None:
                return code
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        errors.print("interrupted; nothing was published. `crm run` goes on where this one stopped")
        raise typer.Exit(130) from None


def _tell(ledger: Ledger, attempt_id: str, told: set[int]) -> None:
    rows = ledger.store.rows(
        "select * from task_runs where attempt_id = ? order by task_run_no", (attempt_id,)
    )
    for row in rows:
        if row["state"] in ENDED and row["task_run_no"] not in told:
            told.add(row["task_run_no"])
            number = next(i for i, step in enumerate(STEPS, 1) if step.name == row["task_id"])
            quarantined = row["rows_quarantined"] or 0
            output.print(
                f"[{number:>2}/{len(STEPS)}] {row['task_id']:<18} {row['state']:<9}"
                f" {row['rows_in'] or 0:>11,} in {row['rows_written'] or 0:>11,} out"
                f" {quarantined:>7,} quarantined {row['duration_s'] or 0:>6.1f} s"
                f"  {row['message'] or ''}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )


def _raise_if_failed(ledger: Ledger, attempt_id: str, code: int, home: Home) -> None:
    failed = ledger.store.rows(
        "select task_id, message from task_runs where attempt_id = ? and state = 'failed' "
        "order by task_run_no desc limit 1",
        (attempt_id,),
    )
    if code == 0:
        return
    if failed:
        raise RunFailed(
            f"step {failed[0]['task_id']}: {failed[0]['message']}\n"
            "nothing was published; readers keep the version they have. "
            "`crm runs show last` shows the run"
        )
    log = home.airflow / "logs" / "crm_run.log"
    raise RunFailed(f"the embedded Airflow ended with exit code {code}; its log is {log}")
