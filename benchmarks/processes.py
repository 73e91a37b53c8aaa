"""Run a command as a child and tell what it cost: wall and CPU seconds, peak memory."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KIB_PER_MIB = 1024
SAMPLE_EVERY_S = 0.1
PROCESSES = Path("/proc")


@dataclass(frozen=True)
class Finished:
    """A child that ended: its exit code, what it printed and what it cost.

    ``peak_mb`` is the largest sum of resident memory, in MiB, of the child and all it started,
    sampled ten times a second; pages they share count once per process.
    """

    code: int
    printed: str
    duration_s: float
    cpu_s: float
    peak_mb: float

    def checked(self) -> Finished:
        """Return itself, or raise with the last line printed if the child failed."""
        if self.code != 0:
            last = (self.printed.strip().splitlines() or ["nothing printed"])[-1]
            raise RuntimeError(f"exit code {self.code}: {last}")
        return self


def run_child(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run a command to its end in ``folder``, with names added to the environment.

    ``CRM_*`` settings of the caller are not passed on, so that a measurement depends on none.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env={**child_environment(), **(environment or {})},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        peak = _PeakOfSession(process.pid)
        peak.start()
        _, status, usage = os.wait4(process.pid, 0)
        duration = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        sampled_kib = peak.stop()
        said.seek(0)
        printed = said.read().decode(errors="replace")
    return Finished(
        code=process.returncode,
        printed=printed,
        duration_s=round(duration, 2),
        cpu_s=round(usage.ru_utime + usage.ru_stime, 2),
        peak_mb=round(max(sampled_kib, _own_peak_kib(usage)) / KIB_PER_MIB, 1),
    )


def child_environment() -> dict[str, str]:
    """Return our environment without the settings of the product."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}


def _own_peak_kib(usage: resource.struct_rusage) -> int:
    """Return the exact peak of the largest process, or 0 where it is only what it was forked from.

    Until a forked child becomes its own program it counts the memory of its parent.
    """
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(usage.ru_maxrss) if usage.ru_maxrss > ours else 0


class _PeakOfSession(threading.Thread):
    """Samples the memory of all processes of one session until told to stop."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self._session = session
        self._done = threading.Event()
        self._peak_kib = 0

    def run(self) -> None:
        while not self._done.wait(SAMPLE_EVERY_S):
            self._peak_kib = max(self._peak_kib, _session_kib(self._session))

    def stop(self) -> int:
        self._done.set()
        self.join()
        return self._peak_kib


def _session_kib(session: int) -> int:
    page_kib = os.sysconf("SC_PAGE_SIZE") // 1024
    return page_kib * sum(
        _resident_pages(folder, session) for folder in PROCESSES.iterdir() if folder.name.isdigit()
    )


def _resident_pages(folder: Path, session: int) -> int:
    """Return the resident pages of one process, 0 if it is of another session or has ended."""
    try:
        # After the name in parentheses, which may hold anything: state, parent, group, session.
        fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
        if int(fields[2].split()[3]) != session:
            return 0
        return int((folder / "statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
