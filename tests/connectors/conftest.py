"""Databases are read through these: in a folder of the test, closed at its end."""

from __future__ import annotations

import pytest

from crm_tasks.connectors.databases import extract_database
from crm_tasks.connectors.patience import Patience
from tests.connectors.databases_on_loopback import PASSWORD
from tests.connectors.sources import SECRET, write_sqlite

KEY = b"k" * 32
IMPATIENT = Patience(attempts=2, first_wait_s=0.01, longest_wait_s=0.02)


@pytest.fixture
def extract(tmp_path, monkeypatch):
    monkeypatch.setenv(SECRET, PASSWORD)
    made = []

    def run(found, reached=None, patience=IMPATIENT, base=tmp_path):
        extracts = extract_database(found, base, reached or {}, KEY, tmp_path / "spool", patience)
        made.extend(extracts)
        return extracts

    yield run
    for one in made:
        one.spool.close()


@pytest.fixture
def sqlite_file(tmp_path):
    """Return a function that runs statements on a SQLite file beside the profile."""

    def run(*statements):
        write_sqlite(tmp_path / "shop.db", *statements)
        return "sqlite:///shop.db"

    return run
