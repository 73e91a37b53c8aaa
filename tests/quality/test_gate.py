from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_tasks.errors import ContractError, GateFailed
from crm_tasks.quality import gate
from crm_tasks.quality.gate import check_gate
from crm_tasks.quality.outcomes import failed_rows, refuse_critical_failures, result_rows
from crm_tasks.quality.suites import TYPES, RunFacts
from tests.quality.builders import NOT_EMPTY, Shelf, expectation, toys, write_suite

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from crm_tasks.quality.outcomes import ExpectationOutcome

FACTS = RunFacts(dt.date(2024, 7, 1), "UTC", ("mail", "email"), frozenset({"orders"}))
CANARY = "canary-0451-name@example.org"
CANARY_NUMBER = 13800000451


def check(root: Path, rows: pa.Table, *expectations: dict[str, Any]) -> list[ExpectationOutcome]:
    write_suite(root, *expectations)
    return check_gate("core", Shelf(rows), FACTS, root)


def between(column: str, **limits: Any) -> dict[str, Any]:
    kwargs = {"column": column, **limits}
    return expectation(name=f"{column}_in_range", kwargs=kwargs)


def test_counts_rows_that_do_not_fit_and_gives_their_keys(tmp_path: Path) -> None:
    (found,) = check(tmp_path, toys(quantity=[1, 0, 3, -2]), expectation())
    assert not found.is_success
    assert (found.n_unexpected, found.n_rows, found.observed_value) == (2, 4, 0.5)
    assert found.failed_keys == ("s|t1", "s|t3")
    assert (found.suite, found.table_name, found.column_name) == (
        "core",
        "core.fct_toys",
        "quantity",
    )


def test_every_result_comes_back_in_the_order_of_the_file(tmp_path: Path) -> None:
    declared = [expectation(), expectation(NOT_EMPTY), between("net_amount", max_value=5)]
    found = check(tmp_path, toys(quantity=[1], net_amount=[7]), *declared)
    assert [outcome.expectation for outcome in found] == [e["name"] for e in declared]
    assert [outcome.is_success for outcome in found] == [True, True, False]


def test_rows_without_a_value_do_not_count_as_checked(tmp_path: Path) -> None:
    (found,) = check(tmp_path, toys(quantity=[1, None, 0]), expectation())
    assert (found.n_unexpected, found.n_rows) == (1, 2)


def test_a_pair_is_compared_where_both_values_are_known(tmp_path: Path) -> None:
    asked = expectation(
        name="amount_above_quantity",
        type="expect_column_pair_values_a_to_be_greater_than_b",
        kwargs={"column_A": "net_amount", "column_B": "quantity"},
    )
    rows = toys(net_amount=[2, 1, None, 1, None], quantity=[1, 1, 1, None, None])
    (found,) = check(tmp_path, rows, asked)
    assert (found.n_unexpected, found.n_rows) == (1, 2)
    assert found.failed_keys == ("s|t1",)
    assert found.threshold == "column pair values a to be greater than b: column_B quantity"


def test_a_missing_value_counts_where_one_is_asked_for(tmp_path: Path) -> None:
    asked = expectation(
        name="owner_is_known",
        type="expect_column_values_to_not_be_null",
        kwargs={"column": "owner", "mostly": 0.5},
    )
    (found,) = check(tmp_path, toys(owner=["x", None]), asked)
    assert found.is_success
    assert (found.n_unexpected, found.n_rows) == (1, 2)
    assert found.failed_keys == ("s|t1",)


@pytest.mark.parametrize(("mostly", "is_success"), [(0.75, True), (0.76, False)])
def test_mostly_says_which_share_has_to_fit(
    tmp_path: Path, mostly: float, is_success: bool
) -> None:
    asked = between("quantity", min_value=1, mostly=mostly)
    (found,) = check(tmp_path, toys(quantity=[1, 1, 1, 0]), asked)
    assert found.is_success is is_success
    assert found.n_unexpected == 1


def test_an_empty_table_fits_row_by_row_but_not_a_row_count(tmp_path: Path) -> None:
    rows = toys(quantity=[1]).slice(0, 0)
    by_row, of_table = check(tmp_path, rows, expectation(), expectation(NOT_EMPTY))
    assert by_row.is_success
    assert by_row.n_rows == 0
    assert not of_table.is_success
    assert of_table.observed_value == 0


@pytest.mark.parametrize("column", ["owner", "is_boxed", "sold_at", "net_amount"])
def test_a_column_without_any_value_is_checked_without_fuss(tmp_path: Path, column: str) -> None:
    asked = expectation(
        name="is_known",
        type="expect_column_values_to_not_be_null",
        kwargs={"column": column},
    )
    (found,) = check(tmp_path, toys(**{column: [None, None]}), asked)
    assert found.n_unexpected == 2


def test_truth_values_with_gaps_are_compared_as_truth_values(tmp_path: Path) -> None:
    asked = expectation(
        name="has_its_box",
        type="expect_column_values_to_be_in_set",
        kwargs={"column": "is_boxed", "value_set": [True]},
    )
    (found,) = check(tmp_path, toys(is_boxed=[True, None, False]), asked)
    assert found.failed_keys == ("s|t2",)


def test_limits_may_name_the_as_of_date(tmp_path: Path) -> None:
    sold = [dt.datetime(2024, 6, 30, 23, 59), dt.datetime(2024, 7, 1)]  # noqa: DTZ001
    dated = [dt.date(2024, 7, 1), dt.date(2024, 6, 30)]
    before, dated_alike = check(
        tmp_path,
        toys(sold_at=sold, as_of_date=dated),
        between("sold_at", max_value="{as_of_at}", strict_max=True),
        between("as_of_date", min_value="{as_of}", max_value="{as_of}"),
    )
    assert before.failed_keys == ("s|t1",)
    assert before.threshold == (
        "column values to be between: max_value 2024-07-01 00:00:00, strict_max True"
    )
    assert dated_alike.failed_keys == ("s|t1",)


def test_a_value_set_may_be_the_channels_of_the_profile(tmp_path: Path) -> None:
    asked = expectation(
        name="owner_is_a_channel",
        type="expect_column_values_to_be_in_set",
        kwargs={"column": "owner", "value_set": "{channels}"},
    )
    (found,) = check(tmp_path, toys(owner=["mail", "phone"]), asked)
    assert found.failed_keys == ("s|t1",)
    assert found.threshold == "column values to be in set: value_set [mail, email]"


def test_keys_are_read_only_where_a_row_does_not_fit(tmp_path: Path) -> None:
    write_suite(tmp_path, between("net_amount", min_value=0), expectation(NOT_EMPTY))
    good, bad = Shelf(toys(net_amount=[1])), Shelf(toys(net_amount=[-1]))
    check_gate("core", good, FACTS, tmp_path)
    check_gate("core", bad, FACTS, tmp_path)
    assert good.asked == [("core.fct_toys", ("net_amount",))]
    assert bad.asked == [*good.asked, ("core.fct_toys", ("shop", "toy_id"))]


def test_a_table_no_source_feeds_is_passed_over(tmp_path: Path) -> None:
    write_suite(tmp_path, expectation(NOT_EMPTY), when_fed="coupons")
    shelf = Shelf(toys(quantity=[1]).slice(0, 0))
    assert check_gate("core", shelf, FACTS, tmp_path) == []
    assert shelf.asked == []


def test_at_most_ten_thousand_keys_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    (found,) = check(tmp_path, toys(quantity=[0] * 10_050), expectation())
    assert found.n_unexpected == 10_050
    assert len(found.failed_keys) == 10_000


def test_the_keys_kept_do_not_depend_on_the_order_of_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "KEYS_AT_MOST", 2)
    rows = toys(quantity=[0, 1, 0, 0])
    (found,) = check(tmp_path, rows, expectation())
    (again,) = check(tmp_path, rows.take([3, 2, 1, 0]), expectation())
    assert found == again
    assert found.failed_keys == ("s|t0", "s|t2")


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    quantities=st.lists(st.none() | st.integers(-2, 3), min_size=1, max_size=40),
    rows_per_batch=st.integers(1, 50),
)
def test_batches_change_nothing(
    tmp_path: Path, quantities: list[int | None], rows_per_batch: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "ROWS_PER_BATCH", rows_per_batch)
        by_row, of_table = check(
            tmp_path, toys(quantity=quantities), expectation(), expectation(NOT_EMPTY)
        )
    wrong = [i for i, q in enumerate(quantities) if q is not None and q <= 0]
    assert by_row.n_rows == sum(q is not None for q in quantities)
    assert by_row.n_unexpected == len(wrong)
    assert by_row.failed_keys == tuple(sorted(f"s|t{i}" for i in wrong))
    assert by_row.is_success == (not wrong)
    assert of_table.observed_value == len(quantities)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the library imports sre_constants
def test_every_allowed_type_exists() -> None:
    import great_expectations.expectations as known

    assert TYPES
    for name in TYPES:
        class_name = "".join(part.capitalize() for part in name.split("_"))
        assert hasattr(known, class_name), name


# --- no value of the data ever leaves -------------------------------------------------------------

LEAKY = [
    expectation(
        name="owner_matches",
        type="expect_column_values_to_match_regex",
        kwargs={"column": "owner", "regex": "^[0-9]+$"},
    ),
    expectation(
        name="owner_is_known_here",
        type="expect_column_distinct_values_to_be_in_set",
        kwargs={"column": "owner", "value_set": ["x"]},
    ),
    expectation(
        name="owner_most_common",
        type="expect_column_most_common_value_to_be_in_set",
        kwargs={"column": "owner", "value_set": ["x"]},
    ),
    expectation(
        name="amount_most_common",
        type="expect_column_most_common_value_to_be_in_set",
        kwargs={"column": "net_amount", "value_set": [1]},
    ),
    expectation(
        name="amount_max",
        type="expect_column_max_to_be_between",
        kwargs={"column": "net_amount", "max_value": 1},
    ),
    expectation(
        name="amount_min",
        type="expect_column_min_to_be_between",
        kwargs={"column": "net_amount", "max_value": 1},
    ),
    between("net_amount", max_value=1),
]


def test_no_value_reaches_results_keys_message_log_or_screen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    rows = toys(owner=[CANARY] * 3, net_amount=[CANARY_NUMBER] * 3)
    found = check(tmp_path, rows, *LEAKY)
    assert [outcome.is_success for outcome in found] == [False] * len(LEAKY)
    with pytest.raises(GateFailed) as failure:
        refuse_critical_failures("core", "r1", found)
    recorded = [result_rows("r1", found).to_pylist(), failed_rows("r1", found).to_pylist()]
    said = capfd.readouterr()
    everything = " ".join([repr(found), repr(recorded), str(failure.value), caplog.text, *said])
    assert CANARY not in everything
    assert str(CANARY_NUMBER) not in everything
    assert said.err == ""


@pytest.mark.parametrize(("n_rows", "is_kept"), [(9, False), (10, True)])
def test_the_mean_of_a_few_rows_gives_no_row_away(
    tmp_path: Path, n_rows: int, is_kept: bool
) -> None:
    asked = expectation(
        name="amount_mean",
        type="expect_column_mean_to_be_between",
        kwargs={"column": "net_amount", "max_value": 5},
    )
    (found,) = check(tmp_path, toys(net_amount=[7] * n_rows), asked)
    assert not found.is_success
    assert found.observed_value == (7.0 if is_kept else None)


def test_an_expectation_that_cannot_be_computed_is_named_without_values(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ContractError, match=r"owner_in_range .* cannot be computed on owner") as e:
        check(tmp_path, toys(owner=[CANARY]), between("owner", min_value=3))
    said = "".join(capfd.readouterr())
    assert CANARY not in f"{e.value} {caplog.text} {said} {e.value.__cause__} {e.value.__context__}"


def test_nothing_is_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    check(tmp_path, toys(quantity=[0]), expectation())
    assert list(home.iterdir()) == []
