"""Where a figure was measured: date, commit, processor, cores, memory, Python."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

from crm_tasks.warehouse.clock import utc_now

CPU_INFO = Path("/proc/cpuinfo")
MEMORY_INFO = Path("/proc/meminfo")
KIB_PER_GIB = 1024**2


def describe_machine() -> str:
    """Return processor, cores, memory and Python as one phrase."""
    cores = os.cpu_count()
    return f"{_processor()}, {cores} cores, {_memory_gib():.0f} GiB, Python {python_version()}"


def describe_commit(repository: Path) -> str:
    """Return the short name of a checkout's commit; ``+`` marks edits that are not committed."""
    head = _git(repository, "rev-parse", "--short=10", "HEAD") or "unknown"
    return f"{head}+" if _git(repository, "status", "--porcelain", "--untracked-files=no") else head


def today() -> str:
    """Return the date in UTC as ISO text."""
    return utc_now().date().isoformat()


def python_version() -> str:
    """Return the version of the running Python."""
    return platform.python_version()


def _processor() -> str:
    text = CPU_INFO.read_text(encoding="utf-8") if CPU_INFO.exists() else ""
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else platform.machine()


def _memory_gib() -> float:
    text = MEMORY_INFO.read_text(encoding="utf-8") if MEMORY_INFO.exists() else ""
    found = re.search(r"^MemTotal:\s+(\d+) kB", text, re.MULTILINE)
    return int(found.group(1)) / KIB_PER_GIB if found else 0.0


def _git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
