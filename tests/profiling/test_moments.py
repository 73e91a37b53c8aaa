"""How dates and times are written; day and month are told apart by evidence or left open."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.profiling.moments import as_one_of, propose_moments

SMALL_DAYS = [dt.date(2024, month, day) for month in range(1, 13) for day in (2, 5, 9, 12)]


@pytest.mark.parametrize(
    "value",
    ["2024-01-02", "2024-01-02 10:00", "2024-01-02T10:00:00.5Z", "2024-01-02 10:00:00+08:00"],
)
def test_what_staging_reads_as_it_stands_needs_no_format(value):
    found = propose_moments([value])
    assert found.format is None
    assert found.has_time == (len(value) > 10)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["13/04/2026", "03/04/2026"], "%d/%m/%Y"),
        (["04/13/2026", "04/03/2026"], "%m/%d/%Y"),
        (["20240102", "20241231"], "%Y%m%d"),
        (["2024/1/2"], "%Y/%m/%d"),
        (["3 Mar 2024"], "%d %b %Y"),
        (["2024年3月5日"], "%Y年%m月%d日"),
        (["31.12.2024 23:59"], "%d.%m.%Y %H:%M"),
        (["12/31/24 3:04 PM"], "%m/%d/%y %I:%M %p"),
    ],
)
def test_a_format_is_found_that_all_values_fit(values, expected):
    found = propose_moments(values)
    assert (found.format, found.other) == (expected, None)


def test_days_and_months_that_could_be_either_are_left_open():
    found = propose_moments(["03/04/2026", "05/06/2026"])
    assert {found.format, found.other} == {"%d/%m/%Y", "%m/%d/%Y"}
    assert "decide" in found.remark.en
    assert "请决定" in found.remark.zh


def test_a_file_sorted_by_time_tells_day_from_month():
    in_order = [day.strftime("%d/%m/%Y") for day in SMALL_DAYS]
    found = propose_moments(sorted(in_order), in_order)
    assert (found.format, found.other) == ("%d/%m/%Y", None)
    assert "in order of time" in found.remark.en
    american = [day.strftime("%m/%d/%Y") for day in SMALL_DAYS]
    assert propose_moments(sorted(american), american[::-1]).format == "%m/%d/%Y"


def test_a_shuffled_file_does_not_tell():
    shuffled = [SMALL_DAYS[n * 7 % len(SMALL_DAYS)].strftime("%d/%m/%Y") for n in range(48)]
    assert propose_moments(shuffled, shuffled).other is not None


def test_another_column_of_the_file_settles_it():
    open_ = propose_moments(["03/04/2026", "05/06/2026"])
    assert as_one_of(open_, "%m/%d/%Y %H:%M").format == "%m/%d/%Y"
    assert as_one_of(open_, "%d.%m.%Y").format == "%d/%m/%Y"
    assert as_one_of(open_, "%d.%m.%Y").other is None


@pytest.mark.parametrize(
    "values", [["12345678"], ["2011"], ["1.5"], ["soon"], ["0000-00-00"], ["99/99/9999"]]
)
def test_other_things_are_no_dates(values):
    assert propose_moments(values) is None


@given(
    st.lists(st.dates(dt.date(1990, 1, 1), dt.date(2035, 12, 31)), min_size=5, max_size=30),
    st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d"]),
)
def test_dates_are_read_as_written_or_left_open(days, pattern):
    texts = [day.strftime(pattern) for day in days]
    found = propose_moments(texts)
    assert pattern in (found.format, found.other)
    if any(day.day > 12 for day in days) and len({*days}) < 20:
        assert found.format == pattern or found.other is not None
