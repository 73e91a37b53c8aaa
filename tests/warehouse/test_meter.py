"""What a step costs: its own time, its children's time, and the largest of all their memories."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from crm_tasks.warehouse.meter import Meter

#: Prints three peaks in MiB: after 300 MiB were freed, while 200 are held, after these were freed.
PEAKS = """
from crm_tasks.warehouse.meter import Meter

def touched(mib):
    block = bytearray(mib << 20)
    block[:: 1 << 12] = b"x" * len(block[:: 1 << 12])
    return block

block = touched(300)
del block
meter = Meter()
print(meter.usage().peak_rss_mb)
block = touched(200)
print(meter.usage().peak_rss_mb)
del block
print(Meter().usage().peak_rss_mb)
"""


def test_waiting_costs_wall_time_and_no_cpu():
    meter = Meter()
    time.sleep(0.2)
    usage = meter.usage()
    assert 0.2 <= usage.duration_s < 5
    assert usage.cpu_s < 0.15


def test_a_child_s_cpu_counts():
    meter = Meter()
    before = os.times()
    code = "n = 0\nfor i in range(4_000_000): n += i"
    subprocess.run([sys.executable, "-c", code], check=True)
    after = os.times()
    child = (after.children_user + after.children_system) - (
        before.children_user + before.children_system
    )
    assert child > 0.05
    assert meter.usage().cpu_s >= round(child, 3)


def test_the_peak_is_of_this_meter_and_not_of_what_ran_before():
    # In a process of its own: here memory freed by other tests may come back at any time.
    told = subprocess.run([sys.executable, "-c", PEAKS], check=True, capture_output=True, text=True)
    empty, full, after = map(float, told.stdout.split())
    assert full >= empty + 150
    assert after <= empty + 100


def test_the_largest_child_counts_until_the_next_meter():
    meter = Meter()
    own = meter.usage().peak_rss_mb
    Meter.note_child(9_000 * 1024, 50)
    Meter.note_child(500, 25)
    assert meter.usage().peak_rss_mb == pytest.approx(9_000)
    assert 75 <= meter.usage().cpu_s < 90
    assert own < 9_000
    after = Meter().usage()
    assert after.peak_rss_mb < 9_000
    assert after.cpu_s < 25
