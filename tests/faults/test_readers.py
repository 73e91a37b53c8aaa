"""Readers of the served file while new versions are published one after the other."""

from __future__ import annotations

import json

import pytest

from crm_tasks.warehouse.publications import VERSIONS_KEPT, served_file
from tests.faults.kit import CHILDREN, start_child, version_of
from tests.faults.publish_again import fresh_publisher

N_PUBLISHES = 5
#: Threads per reading process; 0: a process that opens the link itself.
READERS = (4, 0, 0)


@pytest.mark.slow
def test_readers_never_see_an_error_a_part_or_an_older_version(company, tmp_path):
    company.restore("publish")
    stop = tmp_path / "stop"
    readers = [
        start_child([str(CHILDREN / "reader.py"), str(company.home.root), str(threads), str(stop)])
        for threads in READERS
    ]
    for _ in range(N_PUBLISHES):
        fresh_publisher(company.home).publish()
    stop.touch()
    sights = [sight for reader in readers for sight in told(reader)]
    assert len(sights) == sum(max(threads, 1) for threads in READERS)
    assert [fault for sight in sights for fault in sight["faults"]] == []
    assert {tuple(content) for sight in sights for content in sight["contents"]} == {
        tuple(sights[0]["contents"][0])
    }
    assert {sight["versions"][-1] for sight in sights} == {N_PUBLISHES + 1}
    assert max(len(sight["versions"]) for sight in sights) > 2


def test_three_versions_stay_with_their_exports(company):
    company.restore("publish")
    for _ in range(VERSIONS_KEPT):
        fresh_publisher(company.home).publish()
    serve = company.home.serve
    files = sorted(serve.glob("crm_*.duckdb"))
    assert [version_of(file) for file in files] == [2, 3, 4]
    assert sorted(serve.glob("crm_*.parquet")) == [f.with_suffix(".parquet") for f in files]
    assert served_file(company.home) == files[-1].resolve()
    assert (serve / "parquet").resolve() == files[-1].with_suffix(".parquet").resolve()


def told(reader):
    """Return what a reading process saw."""
    printed, _ = reader.communicate(timeout=60)
    assert reader.returncode == 0, printed
    return json.loads(printed.splitlines()[-1])
