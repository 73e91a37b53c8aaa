"""``python -m benchmarks.growth [--sizes S M L]``: what landing and staging cost by size.

The planted company of each size (default S M) is made first and not timed. Then its sources are
landed and staged in a process of their own, as a run does it. Reported: megabytes and rows per
second, peak memory, and the growth exponent between neighbouring sizes (1: in proportion).
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from benchmarks.stages import step_costs
from benchmarks.workshop import Workshop
from crm_tasks.connectors.generated import sources_base
from crm_tasks.profiles import load_profile, profile_path
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = ("land", "staging")
UNTIL = "staging.stg_orders"
SIZES = ("S", "M", "L")


@dataclass(frozen=True)
class Grown:
    """What one size cost: seconds and peak MiB by step, for so many bytes and rows."""

    size: str
    n_bytes: int
    n_rows: int
    seconds: dict[str, float]
    peaks_mb: dict[str, float]

    def describe(self) -> str:
        """Return the figures as one line."""
        told = [
            f"{step} {seconds:.1f} s, {self.n_bytes / 1e6 / seconds:.1f} MB/s, "
            f"{self.n_rows / seconds:,.0f} rows/s, {self.peaks_mb[step]:,.0f} MiB"
            for step, seconds in self.seconds.items()
        ]
        return f"{self.size}: {self.n_bytes / 1e6:,.0f} MB, {self.n_rows:,} rows; {'; '.join(told)}"


def exponent(smaller: Grown, larger: Grown, step: str) -> float:
    """Return by which power of the number of rows the seconds of a step grew."""
    times = math.log(larger.seconds[step] / smaller.seconds[step])
    return times / math.log(larger.n_rows / smaller.n_rows)


def grow(workshop: Workshop, size: str) -> Grown:
    """Make the planted company of a size, land it and stage it."""
    profile_file = workshop.folder / f"planted-{size}.yml"
    told = yaml.safe_load(profile_path("planted").read_text(encoding="utf-8"))
    told["generator"]["size"] = size
    profile_file.write_text(yaml.safe_dump(told, sort_keys=False, allow_unicode=True), "utf-8")
    home = Home(workshop.folder / f"home-{size}")
    made = sources_base(load_profile(str(profile_file)), workshop.folder, home.generated)
    workshop.run_directly(home.root, UNTIL, "--profile", profile_file).checked()
    costs = step_costs(home)
    (landed,) = Ledger(home.ops_file).store.rows("select sum(n_loaded) as n from batches")
    return Grown(
        size,
        sum(path.stat().st_size for path in made.rglob("*") if path.is_file()),
        int(landed["n"]),
        {step: costs[step].duration_s for step in STEPS},
        {step: costs[step].peak_mb for step in STEPS},
    )


def measure(workshop: Workshop, sizes: Sequence[str]) -> tuple[list[Grown], list[str]]:
    """Return the figures of each size, and how each step grew from size to size."""
    grown = [grow(workshop, size) for size in sizes]
    growth = [
        f"{small.size} to {large.size}: {step} grows with rows to the power "
        f"{exponent(small, large, step):.2f}"
        for small, large in pairwise(grown)
        for step in STEPS
    ]
    return grown, growth


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=("S", "M"))
    sizes = parser.parse_args().sizes
    with tempfile.TemporaryDirectory() as name:
        workshop = Workshop(Path(name), is_fresh=False)
        grown, growth = measure(workshop, sizes)
    for one in grown:
        print(one.describe())
    print("\n".join(growth))


if __name__ == "__main__":
    sys.exit(main())
