"""A child is measured with all it starts, and inherits no setting of ours."""

from __future__ import annotations

import sys

import pytest

from benchmarks.processes import run_child

SPEND = """
import subprocess, sys, time
held = b"x" * 80_000_000
if len(sys.argv) > 1:
    subprocess.run([sys.executable, "-c", sys.argv[1]], check=True)
until = time.process_time() + 0.3
while time.process_time() < until:
    pass
time.sleep(0.3)
"""


def test_time_and_memory_of_grandchildren_count(tmp_path):
    alone = run_child([sys.executable, "-c", SPEND], tmp_path).checked()
    both = run_child([sys.executable, "-c", SPEND, SPEND], tmp_path).checked()
    assert alone.cpu_s >= 0.3
    assert alone.duration_s >= 0.6
    assert both.cpu_s >= alone.cpu_s + 0.3
    assert both.peak_mb >= alone.peak_mb + 76


def test_a_child_sees_none_of_our_settings_but_those_given(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_THREADS", "7")
    show = "import os; print(sorted((n, v) for n, v in os.environ.items() if n[:4] == 'CRM_'))"
    done = run_child([sys.executable, "-c", show], tmp_path, {"CRM_HOME": "here"})
    assert done.printed.strip() == "[('CRM_HOME', 'here')]"


def test_a_failure_tells_the_exit_code_and_the_last_line_printed(tmp_path):
    done = run_child([sys.executable, "-c", "print('why'); raise SystemExit(3)"], tmp_path)
    assert done.code == 3
    with pytest.raises(RuntimeError, match="exit code 3: why"):
        done.checked()
