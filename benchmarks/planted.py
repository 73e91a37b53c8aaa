"""Acceptance lines of issue 2 about the planted company, at size M on three seeds."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from benchmarks.acceptance import Measured, line
from benchmarks.machine import describe_commit
from benchmarks.processes import run_child

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.workshop import Workshop

N_SEEDS = 3
SEED_DIGITS = 7  # hexadecimal: below 2**28


def seeds_of(commit: str) -> tuple[int, ...]:
    """Return three seeds nobody chose: they follow from the commit's name.

    >>> seeds_of("0123456789")
    (93967158, 166244556, 255520958)
    """
    told = [f"{commit.rstrip('+')}/{number}" for number in range(N_SEEDS)]
    return tuple(int(hashlib.sha256(t.encode()).hexdigest()[:SEED_DIGITS], 16) for t in told)


@line(2, "Planted company, M, three seeds: naive recipes fail, fair ones succeed, on every truth")
def difficulty(workshop: Workshop) -> Measured:
    """Make the company and its key thrice and judge every figure of the difficulty contract."""
    texts, holds = [], True
    for seed in seeds_of(describe_commit(workshop.checkout)):
        command = [workshop.python, "-m", "benchmarks.planted_difficulty", "--size", "M"]
        done = run_child([*command, "--seed", str(seed)], workshop.checkout)
        lines = done.printed.strip().splitlines()
        broken = [one.removeprefix("BROKEN ") for one in lines if one.startswith("BROKEN")]
        kept = sum(one.startswith("ok") for one in lines)
        texts.append(f"seed {seed}: {kept} hold{''.join(f', BROKEN {one}' for one in broken)}")
        holds &= done.code == 0 and kept > 0
    return Measured("; ".join(texts), holds)


@line(2, "Planted company: S and M are made in bounded memory, the same bytes twice")
def generation(workshop: Workshop) -> Measured:
    """Make S twice and M once; memory must not grow with size."""
    peaks, digests = {}, []
    for number, size in enumerate(("S", "S", "M")):
        folder = workshop.folder / f"planted-{number}"
        command = [workshop.python, "-m", "crm_tasks.planted", "--size", size, "--seed", "7"]
        done = run_child([*command, "--sources", folder], workshop.checkout).checked()
        peaks[size] = done
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        if size == "S":
            told = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)
            digests.append(hashlib.sha256(told).hexdigest())
    text = ", ".join(
        f"{size} {done.duration_s:.0f} s, {done.peak_mb:,.0f} MiB" for size, done in peaks.items()
    )
    is_bounded = peaks["M"].peak_mb < 2 * peaks["S"].peak_mb
    return Measured(text, is_bounded and digests[0] == digests[1])


def planted_home(workshop: Workshop) -> Path:
    """Return the home of a run of the planted profile, made once for all lines that look at it."""
    home = workshop.folder / "planted-home"
    if not home.exists():
        workshop.run_directly(home, "--profile", "planted").checked()
    return home


@line(2, "crm run --profile planted makes its own files, runs to the end and calls them synthetic")
def planted_run(workshop: Workshop) -> Measured:
    """Run the profile into a fresh home without Airflow."""
    home = workshop.folder / "planted-home"
    done = workshop.run_directly(home, "--profile", "planted").checked()
    (row,) = workshop.query(
        home,
        "select count(*) as n, count(distinct customer_id) as customers from core.fct_orders",
    )
    text = f"{done.duration_s:.0f} s, {row['n']:,} orders of {row['customers']:,} customers"
    return Measured(text, row["n"] > 0)
