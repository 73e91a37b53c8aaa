from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from crm_tasks.errors import ContractError
from crm_tasks.quality.suites import LAYERS, TYPES, RunFacts, load_suites
from tests.quality.builders import NOT_EMPTY, expectation, write_suite

if TYPE_CHECKING:
    from pathlib import Path


def message(root: Path, *expectations: dict[str, Any], **more: Any) -> str:
    write_suite(root, *expectations, **more)
    with pytest.raises(ContractError) as error:
        load_suites("core", root)
    return str(error.value)


def test_a_suite_reads_only_the_columns_it_speaks_of_in_contract_order(tmp_path: Path) -> None:
    pair = expectation(
        name="amount_above_quantity",
        type="expect_column_pair_values_a_to_be_greater_than_b",
        kwargs={"column_A": "net_amount", "column_B": "quantity"},
    )
    path = write_suite(tmp_path, pair, expectation(NOT_EMPTY))
    suite = load_suites("core", tmp_path)[path]
    assert suite.columns == ("quantity", "net_amount")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"severty": "warning"}, "unknown key 'expectations.0.severty'; did you mean 'severity'?"),
        ({"severity": "fatal"}, "expectations.0.severity: Input should be 'critical' or 'warning'"),
        ({"type": "expect_column_values_to_be_betwen"}, "'expect_column_values_to_be_between'?"),
        ({"kwargs": {"column": "quantty"}}, "core.fct_toys has no 'quantty'; did you mean 'quan"),
        ({"kwargs": {"min_value": 1}}, "kwargs lack column"),
        ({"kwargs": {"column": "sold_at", "max_value": "{asof}"}}, "unknown placeholder {asof}"),
        ({"why": "why not"}, "expectations.0.why: String should have at least 10 characters"),
        ({"name": "Drop table"}, "expectations.0.name: String should match pattern"),
    ],
)
def test_a_wrong_expectation_is_refused_with_file_line_and_nearest(
    tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    told = message(tmp_path, expectation(**changes))
    assert expected in told
    assert "fct_toys.yml, line " in told


def test_two_expectations_of_one_name_are_refused(tmp_path: Path) -> None:
    assert "twice stands: quantity_is_positive" in message(tmp_path, expectation(), expectation())


def test_an_unknown_table_is_refused_naming_the_nearest(tmp_path: Path) -> None:
    told = message(tmp_path, expectation(), table="graph.edgs")
    assert "no table named 'graph.edgs'; did you mean 'graph.edges'?" in told


def test_an_unknown_entity_is_refused_naming_the_nearest(tmp_path: Path) -> None:
    assert "did you mean 'coupons'?" in message(tmp_path, expectation(), when_fed="coupon")


def test_a_file_must_bear_the_name_of_its_table(tmp_path: Path) -> None:
    path = write_suite(tmp_path, expectation())
    path.rename(path.with_name("fct_games.yml"))
    with pytest.raises(ContractError, match=r"name it fct_toys\.yml"):
        load_suites("core", tmp_path)


def test_an_unknown_layer_is_refused_naming_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="did you mean 'graph'"):
        load_suites("grph", tmp_path)


def test_dates_become_the_start_of_their_day() -> None:
    facts = RunFacts(dt.date(2024, 7, 1), "Asia/Shanghai", ("mail",))
    start = dt.datetime(2024, 7, 1)  # noqa: DTZ001 (columns hold UTC without a zone)
    assert facts.filled_in("{as_of}") == start
    assert facts.filled_in(dt.date(2024, 7, 1)) == start
    assert facts.filled_in(["{as_of}", 3]) == [start, 3]
    assert facts.filled_in("{as_of_at}") == start - dt.timedelta(hours=8)
    assert facts.filled_in("{channels}") == ["mail"]
    assert facts.filled_in("as_of") == "as_of"


@pytest.mark.parametrize("layer", LAYERS)
def test_the_bundled_expectations_of_a_layer_are_valid(layer: str) -> None:
    suites = load_suites(layer)
    assert suites
    for suite in suites.values():
        assert all(expectation.type in TYPES for expectation in suite.expectations)
    has_critical = [e for s in suites.values() for e in s.expectations if e.severity == "critical"]
    assert has_critical, f"gate {layer} could not stop anything"
