"""What a source writes by declaration arrives in one form; whatever does not fit is marked."""

from __future__ import annotations

import pyarrow as pa
import pytest

from crm_tasks.landing.values import UNFIT, canonical
from crm_tasks.profiles import SourceTable


def declared(values, format_="csv", **column_values):
    return SourceTable.model_validate(
        {
            "name": "t",
            "files": "*",
            "format": format_,
            "columns": {"v": "plain"},
            "values": values,
            "column_values": column_values,
            "feeds": [],
        }
    )


CONTINENTAL = {"decimal": ",", "thousands": "."}
ENGLISH = {"thousands": ","}
DAY_FIRST = {"date": "%d/%m/%Y", "timestamp": "%d/%m/%Y %H:%M"}
SHANGHAI = {"time_zone": "Asia/Shanghai"}
CASES = [
    ("decimal", {}, "12.50", "12.50"),
    ("decimal", {}, "１２．５０", "12.50"),  # noqa: RUF001 (full-width digits)
    ("decimal", {}, "\u00a012.50 ", "12.50"),
    ("decimal", CONTINENTAL, "1.234,50", "1234.50"),
    ("decimal", CONTINENTAL, "-1234,5", "-1234.5"),
    ("decimal", CONTINENTAL, "12.50", UNFIT),
    ("decimal", CONTINENTAL, "1.23.4", UNFIT),
    ("decimal", ENGLISH, "1,234,567.8", "1234567.8"),
    ("decimal", ENGLISH, "12,34", UNFIT),
    ("decimal", ENGLISH, "NaN", UNFIT),
    ("decimal", {"currency": ["€", "EUR"]}, "€ 12.50", "12.50"),
    ("decimal", {"currency": ["€", "EUR"]}, "-€12.50", "-12.50"),
    ("decimal", {"currency": ["€", "EUR"]}, "12.50 EUR", "12.50"),
    ("decimal", {"currency": ["€"]}, "$12.50", UNFIT),
    ("decimal", {"negative_in_parentheses": True}, "(3.20)", "-3.20"),
    ("decimal", {**ENGLISH, "negative_in_parentheses": True}, "(1,003)", "-1003"),
    ("timestamp", DAY_FIRST, "03/04/2026 10:30", "2026-04-03 10:30:00.000000"),
    ("timestamp", DAY_FIRST, "03/04/2026", "2026-04-03 00:00:00.000000"),
    ("timestamp", DAY_FIRST, "2026-04-03", UNFIT),
    ("timestamp", DAY_FIRST, "31/02/2026", UNFIT),
    ("date", DAY_FIRST, "03/04/2026", "2026-04-03"),
    ("date", {"date": "%Y年%m月%d日"}, "2026年4月3日", "2026-04-03"),
    ("timestamp", SHANGHAI, "2026-04-03 10:00:00", "2026-04-03 02:00:00.000000Z"),
    ("timestamp", SHANGHAI, "2026-04-03 10:00:00+00:00", "2026-04-03 10:00:00+00:00"),
    ("timestamp", {**DAY_FIRST, **SHANGHAI}, "03/04/2026 10:00", "2026-04-03 02:00:00.000000Z"),
    ("timestamp", {"timestamp": "%Y%m%d%H%M%S%z"}, "20260403100000+0800",
     "2026-04-03 02:00:00.000000Z"),
    ("boolean", {"true_words": ["是"], "false_words": ["否"]}, "是", "true"),
    ("boolean", {"true_words": ["是"], "false_words": ["否"]}, "yes", UNFIT),
    ("text", CONTINENTAL, "000.123", "000.123"),
    ("decimal", CONTINENTAL, " ", " "),
    ("decimal", CONTINENTAL, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values", "given", "expected"), CASES)
def test_a_value_is_read_as_declared(scratch, kind, values, given, expected):
    sql = canonical("v", kind, "v", declared(values))
    engine = scratch(rows=pa.table({"v": pa.array([given], pa.string())}))

    rows = engine.query(f"select {sql} as found from rows")
    (found,) = rows.column("found").to_pylist()

    assert found == (f"{UNFIT}{given}" if expected == UNFIT else expected)


def test_a_columns_own_format_overrides_the_tables():
    table = declared(CONTINENTAL, v={"decimal": ".", "thousands": ","})

    assert table.formats_of("v").thousands == ","
    assert table.formats_of("v").date is None


def test_typed_files_are_left_alone():
    assert canonical("v", "decimal", "v", declared({}, "parquet")) == "v"
