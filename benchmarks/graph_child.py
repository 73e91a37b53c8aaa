"""One operation of one library in a process of its own: ``LIBRARY OPERATION DATA [ANSWER]``.

Prints what it cost as JSON: CPU seconds to load, wall and CPU seconds of the operation, the peak
memory of the process, and its peak before the data came. What it found goes to ANSWER.
"""

from __future__ import annotations

import json
import re
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.graph_data import baskets, load, power_law

ON_ARRAYS = ("projection", "projection_sql")  # no graph is made of them


def main(library: str, name: str, data: str, answer: str | None = None) -> None:
    """Run, print, write."""
    run, make = _find(library, name)
    warm_up_s = 0.0
    if library == "guanxi":
        # Kernels come from disk, or are compiled: told apart from what they cost.
        small = baskets(50, 20, 200, 1) if name in ON_ARRAYS else make(power_law(200, 600, 1))
        warm_up_s = _timed(lambda: run(small))[0]
    start_mib = _peak_mib()
    arrays = load(Path(data))
    # CPU seconds: a busy machine is no fault of whoever loads while it is.
    _, load_s, given = _timed(lambda: arrays if name in ON_ARRAYS else make(arrays))
    wall_s, cpu_s, found = _timed(lambda: run(given))
    if answer and "values" in found:
        np.save(answer, found["values"])
    plain = {key: one for key, one in found.items() if not isinstance(one, np.ndarray)}
    cost = {"warm_up_s": warm_up_s, "load_s": load_s, "wall_s": wall_s, "cpu_s": cpu_s}
    memory = {"start_mib": start_mib, "peak_mib": _peak_mib()}
    print(json.dumps({**cost, **memory, "found": plain}))


def _find(library: str, name: str) -> tuple[Any, Any]:
    if library == "guanxi":
        ours = import_module("benchmarks.graph_ours")
        return ours.OPERATIONS[name], ours.load
    peers = import_module("benchmarks.graph_peers")
    return peers.operation(library, name), getattr(peers.PEERS[library], "load", None)


def _timed(call: Any) -> tuple[float, float, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    found = call()
    return time.perf_counter() - wall, time.process_time() - cpu, found


def _peak_mib() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else float("nan")


if __name__ == "__main__":
    main(*sys.argv[1:])
