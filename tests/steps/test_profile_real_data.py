"""Profiles proposed for real public data run with the edits shown here: at most two each.

The data lie beside a developer's checkout and are never committed. Sampled rows are read by the
real connectors and typed as staging would; `make accept` runs the profiles through core.
"""

from __future__ import annotations

import datetime as dt
import gzip
from typing import TYPE_CHECKING

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from crm_tasks.connectors.preflight import Limits
from crm_tasks.profiles import load_profile
from crm_tasks.settings import PROJECT
from crm_tasks.steps.profile_check import check_profile
from crm_tasks.steps.profile_init import propose, write

if TYPE_CHECKING:
    from pathlib import Path

DATA = PROJECT.parent / "shared" / "data"
NOW = dt.datetime.fromisoformat("2026-07-01T00:00")
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no real data beside the checkout")

#: The edits each proposed profile needs, and the entities it feeds then.
EDITS: dict[str, list[tuple[str, str]]] = {
    "online_retail_2010_2011": [],
    "ciaodvd": [],
    "enterprise_crunchbase_2013": [],
    "enterprise_olist_funnel": [
        ("product_category_name_english: undecided", "product_category_name_english: plain"),
    ],
}
FEEDS = {
    "online_retail_2010_2011": {"orders", "customers", "products", "order_items"},
    "ciaodvd": {"products", "reviews", "ties"},
    "enterprise_crunchbase_2013": {"organizations", "opportunities"},
    "enterprise_olist_funnel": {"customers", "organizations", "opportunities"},
}


def files_of(name: str) -> list[Path]:
    return sorted(p for p in (DATA / name).iterdir() if p.suffix in (".parquet", ".gz"))


def edited(paths: list[Path], out: Path, edits: list[tuple[str, str]]):
    text = write(propose(paths, out, Limits()), out)
    for old, new in edits:
        assert text.count(old) == 1
        text = text.replace(old, new)
    out.write_text(text, encoding="utf-8")
    return load_profile(str(out))


def checked(out: Path):
    return check_profile(str(out), out.parent / "generated", Limits(), NOW)


@pytest.mark.parametrize("name", EDITS)
def test_at_most_two_edits_make_the_proposed_profile_run(name, tmp_path):
    assert len(EDITS[name]) <= 2
    out = tmp_path / f"{name}.yml"
    profile = edited(files_of(name), out, EDITS[name])
    assert profile.entities_fed == FEEDS[name]
    found = checked(out)
    assert found.is_runnable, found.findings
    assert {sample.name.partition(".")[0] for sample in found.samples} == {name}


def test_the_encoding_and_line_ends_of_an_old_export_are_known(tmp_path):
    profile = edited(files_of("enterprise_crunchbase_2013"), tmp_path / "x.yml", [])
    assert {table.encoding for table in profile.sources[0].tables} == {"mac_roman"}
    raw = gzip.decompress(files_of("enterprise_crunchbase_2013")[0].read_bytes())
    assert b"\r" in raw
    assert b"\n" not in raw


def test_invoice_lines_exported_as_csv_are_read_like_the_typed_file(tmp_path):
    rows = pq.read_table(files_of("online_retail_2010_2011")[0])
    (tmp_path / "csv").mkdir()
    # The first months and the last: what else lies between is the same.
    for name, part in (("sales-1", rows.slice(0, 60_000)), ("sales-2", rows.slice(480_000))):
        pacsv.write_csv(part, tmp_path / "csv" / f"{name}.csv")
    out = tmp_path / "retail.yml"
    profile = edited(sorted((tmp_path / "csv").iterdir()), out, [])
    (table,) = profile.sources[0].tables
    assert (table.files, table.format, table.has_header) == ("sales-*.csv", "csv", True)
    assert profile.entities_fed == FEEDS["online_retail_2010_2011"]
    found = checked(out)
    assert found.is_runnable, found.findings
    lines = next(fit for fit in found.fits if fit.entity == "order_items")
    assert lines.n_accepted == lines.n_rows > 30_000
    assert lines.n_keys == lines.n_rows  # full duplicates keep keys of their own
