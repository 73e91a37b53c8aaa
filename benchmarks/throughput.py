"""Acceptance lines of issue 2 about speed and memory of landing and staging."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from benchmarks.acceptance import Measured, line
from benchmarks.processes import run_child

if TYPE_CHECKING:
    from benchmarks.workshop import Workshop

WANTED_MB_PER_S = 40
STREAMED_MB, STREAMED_MIB_AT_MOST = 5000, 1024
EXPONENT_AT_MOST = 1.15


@line(
    2,
    f"A clean file lands at {WANTED_MB_PER_S} MB/s per core and more, beside DuckDB's own reader; "
    "5 GB stream through in bounded memory",
)
def ingest(workshop: Workshop) -> Measured:
    """Time landing on one thread, with and without identifying columns, and stream a large file."""
    command = [workshop.python, "-m", "benchmarks.ingest", "--memory-mb", str(STREAMED_MB)]
    said = run_child(command, workshop.checkout).checked().printed.strip().splitlines()[1:]
    (own,) = re.findall(r"^no identifying column: .* (\d+) MB per CPU second", said[0])
    (peak,) = re.findall(r"streamed with (\d+) MiB", said[-1])
    holds = int(own) >= WANTED_MB_PER_S and int(peak) <= STREAMED_MIB_AT_MOST
    return Measured("; ".join(said), holds)


@line(2, "Landing and staging of the planted company grow in proportion, from M to L")
def growth(workshop: Workshop) -> Measured:
    """Land and stage both sizes; report rates, peaks and exponents."""
    command = [workshop.python, "-m", "benchmarks.growth", "--sizes", "M", "L"]
    said = run_child(command, workshop.checkout).checked().printed.strip().splitlines()
    powers = [float(power) for power in re.findall(r"to the power ([\d.]+)", "\n".join(said))]
    return Measured("; ".join(said), bool(powers) and max(powers) <= EXPONENT_AT_MOST)
