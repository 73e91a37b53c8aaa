"""A child bound to its parent does not outlive it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crm_tasks.warehouse.bound import bound_python

BOUND = "crm_tasks.warehouse.bound"
PARENT = """
import subprocess, sys
from crm_tasks.warehouse.bound import bound_python
print(subprocess.Popen(bound_python("sleeper")).pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def sleeper(tmp_path):
    """Return a folder with a module that says it is there and then sleeps."""
    module = "import pathlib, time; pathlib.Path('there').touch(); time.sleep(60)"
    (tmp_path / "sleeper.py").write_text(module)
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel order exists on Linux only")
def test_a_bound_module_ends_when_its_parent_is_killed(sleeper):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=sleeper, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        child = int(parent.stdout.readline())
        wait_until((sleeper / "there").exists)
        assert is_running(child)
        os.kill(parent.pid, signal.SIGKILL)
    wait_until(lambda: not is_running(child))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel order exists on Linux only")
def test_a_module_whose_parent_is_gone_already_does_not_start(sleeper):
    command = [sys.executable, "-m", BOUND, str(os.getppid()), "sleeper"]
    done = subprocess.run(command, cwd=sleeper, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (sleeper / "there").exists()


def test_a_bound_module_gets_its_arguments_and_gives_its_exit_code(sleeper):
    (sleeper / "adder.py").write_text("import sys; sys.exit(int(sys.argv[1]) + int(sys.argv[2]))")
    command = [*bound_python("adder"), "3", "4"]
    assert subprocess.run(command, cwd=sleeper, check=False).returncode == 7


def is_running(pid):
    """Return whether a process lives; one that has ended and is not yet reaped does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_until(condition):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
