"""Run a Python module that ends with the process that started it: `bound PARENT MODULE ...`.

A step that is killed must not leave its dbt behind, nor `crm run` its Airflow: they would hold the
working file against the rerun, or write to it after the rerun has. Where the kernel has no such
order (outside Linux), the module runs as usual.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def bound_python(module: str) -> list[str]:
    """Return the command that runs a module until it ends, or until this process does.

    The kernel counts from the thread that starts the child: it must wait for it.
    """
    return [sys.executable, "-m", "crm_tasks.warehouse.bound", str(os.getpid()), module]


def end_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, or end now if it has already."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    end_with(int(sys.argv.pop(1)))
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
