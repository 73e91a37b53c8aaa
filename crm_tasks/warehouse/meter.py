"""What a step costs: wall time, CPU time with children, peak memory."""

from __future__ import annotations

import os
import time
from pathlib import Path

from crm_tasks.warehouse.ledger import Usage

KIB_PER_MIB = 1024
STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")


class Meter:
    """Starts counting when made; ``note_child`` adds what a process used that worked for us."""

    # Of the processes noted since the latest meter was made; one step at a time.
    child_peak_mb = 0.0
    child_cpu_s = 0.0

    def __init__(self) -> None:
        Meter.child_peak_mb = Meter.child_cpu_s = 0.0
        self._wall = time.perf_counter()
        self._cpu = _cpu_seconds()
        _reset_peak()

    @classmethod
    def note_child(cls, peak_kib: int, cpu_s: float) -> None:
        """Take the peak resident size and CPU seconds of a process into account.

        One that this process did not start itself: the system adds up the time of its children.
        """
        cls.child_peak_mb = max(cls.child_peak_mb, peak_kib / KIB_PER_MIB)
        cls.child_cpu_s += cpu_s

    def usage(self) -> Usage:
        """Return what was used since the meter was made."""
        return Usage(
            duration_s=round(time.perf_counter() - self._wall, 3),
            cpu_s=round(_cpu_seconds() - self._cpu + Meter.child_cpu_s, 3),
            peak_rss_mb=round(max(_peak_mb(), Meter.child_peak_mb), 1),
        )


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _reset_peak() -> None:
    # Linux lets a process reset its own high-water mark; elsewhere the mark of the whole process
    # is reported, which is never too small.
    if CLEAR_REFS.exists():
        try:
            CLEAR_REFS.write_text("5", encoding="ascii")
        except OSError:
            return


def _peak_mb() -> float:
    if not STATUS.exists():
        return 0.0
    for line in STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / KIB_PER_MIB
    return 0.0
