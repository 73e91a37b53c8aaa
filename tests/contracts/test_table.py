from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.contracts import Column, Table, as_of_date_column, check_rows
from crm_tasks.contracts.table import ARROW_TYPES
from crm_tasks.errors import ContractError

CANARY = "canary-0451"

TIES = Table(
    schema="graph",
    name="ties",
    grain="One row per tie",
    key=("src_id", "dst_id"),
    columns=(
        Column("src_id", "VARCHAR", "From"),
        Column("dst_id", "VARCHAR", "To"),
        Column("strength", "DOUBLE", "How strong", False, "share"),
        Column("n_evidence", "INTEGER", "How often seen"),
        as_of_date_column(),
    ),
)


def ties(**columns: list[Any]) -> pa.Table:
    """Return two ties, with the columns given in place of good ones."""
    good = {
        "src_id": ["a", "b"],
        "dst_id": ["b", "c"],
        "strength": [0.5, 1.0],
        "n_evidence": pa.array([1, 2], pa.int32()),
        "as_of_date": [dt.date(2024, 7, 1)] * 2,
    }
    return pa.table(good | columns)


def test_the_order_of_columns_is_the_contracts() -> None:
    shuffled = ties().select(["strength", "as_of_date", "dst_id", "n_evidence", "src_id"])
    assert check_rows(TIES, shuffled).equals(check_rows(TIES, ties()))
    assert check_rows(TIES, shuffled).schema == TIES.arrow_schema


def test_a_missing_and_an_unknown_column_are_both_named() -> None:
    renamed = ties().rename_columns({"strength": "strenght"})
    with pytest.raises(ContractError, match=r"missing columns \[strength\], unknown \[strenght\]"):
        check_rows(TIES, renamed)


def test_the_message_says_where_the_contract_stands() -> None:
    with pytest.raises(ContractError, match=r"crm_tasks/contracts/graph\.py"):
        check_rows(TIES, ties().drop_columns("strength"))


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("n_evidence", pa.array([1.5, 2.0])),
        ("n_evidence", pa.array([2**31, 1])),
        ("n_evidence", pa.array([CANARY, "1"])),
        ("n_evidence", pa.array(["1", "2"])),
        ("src_id", pa.array([1, 2])),
        ("strength", pa.array([[0.5], [1.0]])),
        ("as_of_date", pa.array([dt.datetime(2024, 7, 1, 5)] * 2)),  # noqa: DTZ001
    ],
    ids=["rounds", "overflows", "is text", "is a number in text", "is no text", "nested", "time"],
)
def test_a_type_that_loses_something_is_refused_without_the_value(
    column: str, values: pa.Array
) -> None:
    with pytest.raises(
        ContractError, match=rf"graph\.ties: {column} is .*, contract says"
    ) as error:
        check_rows(TIES, ties(**{column: values}))
    assert CANARY not in str(error.value)


def test_a_wider_integer_that_fits_is_taken() -> None:
    wide = ties(n_evidence=pa.array([1, 2], pa.int64()))
    assert check_rows(TIES, wide).schema == TIES.arrow_schema


@pytest.mark.parametrize("column", ["src_id", "dst_id", "strength", "as_of_date"])
def test_null_is_refused_in_keys_and_where_the_contract_allows_none(column: str) -> None:
    values = ties().column(column).to_pylist()
    holes = pa.array([None, values[1]], ties().schema.field(column).type)
    with pytest.raises(ContractError, match=rf"NULL in {column} \(1 rows\)"):
        check_rows(TIES, ties(**{column: holes}))


def test_null_is_taken_where_the_contract_allows_it() -> None:
    holes = pa.array([None, None], pa.null())
    assert check_rows(TIES, ties(n_evidence=holes)).column("n_evidence").null_count == 2


def test_a_key_that_repeats_is_refused_with_the_number_of_rows() -> None:
    with pytest.raises(ContractError, match=r"1 rows repeat the key \(src_id, dst_id\)") as error:
        check_rows(TIES, ties(src_id=[CANARY] * 2, dst_id=[CANARY] * 2))
    assert CANARY not in str(error.value)


@given(
    st.sets(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.booleans()), min_size=1)
)
def test_rows_come_back_in_the_order_of_the_key(keys: set[tuple[str, str, bool]]) -> None:
    columns = (
        Column("a", "VARCHAR", "A"),
        Column("b", "VARCHAR", "B"),
        Column("c", "BOOLEAN", "C"),
    )
    table = Table("graph", "things", "One row per thing", ("a", "b", "c"), columns)
    for given_rows in (list(keys), sorted(keys)):
        rows = pa.table(dict(zip("abc", map(list, zip(*given_rows, strict=True)), strict=True)))
        found = check_rows(table, rows)
        assert [tuple(row.values()) for row in found.to_pylist()] == sorted(keys)


def test_no_rows_at_all_are_fine() -> None:
    assert check_rows(TIES, ties().slice(0, 0)).num_rows == 0


def test_a_table_without_a_key_may_repeat_rows() -> None:
    keyless = Table("graph", "ties", "One row per tie", (), TIES.columns)
    assert check_rows(keyless, ties(src_id=["a", "a"], dst_id=["b", "b"])).num_rows == 2


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "VARCHAR": st.text(max_size=20),
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "INTEGER": st.integers(-(2**31), 2**31 - 1),
    "SMALLINT": st.integers(-(2**15), 2**15 - 1),
    "TINYINT": st.integers(-(2**7), 2**7 - 1),
    "DOUBLE": st.floats(allow_nan=False),
    "BOOLEAN": st.booleans(),
    "DATE": st.dates(),
    "TIME": st.times(),
    "TIMESTAMP": st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)),  # noqa: DTZ001
    "DECIMAL(18,2)": st.decimals(-(10**15), 10**15, places=2),
    "DECIMAL(18,4)": st.decimals(-(10**13), 10**13, places=4),
}


def test_every_type_a_contract_may_use_is_tried_below() -> None:
    assert VALUES.keys() == ARROW_TYPES.keys()


@given(st.data())
def test_rows_that_fit_come_back_as_they_were(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(ARROW_TYPES)), min_size=1, max_size=6))
    columns = [Column(f"c{i}", kind, "A value") for i, kind in enumerate(kinds)]
    table = Table("graph", "any", "One row", ("no",), (Column("no", "BIGINT", "Row"), *columns))
    n = data.draw(st.integers(0, 5))
    cells: dict[str, list[Any]] = {"no": list(range(n))}
    for column in columns:
        some = st.none() | VALUES[column.type]
        cells[column.name] = data.draw(st.lists(some, min_size=n, max_size=n))
    rows = pa.table(cells, schema=pa.schema((c.name, ARROW_TYPES[c.type]) for c in table.columns))
    checked = check_rows(table, rows.select(list(reversed(rows.column_names))))
    assert checked.to_pydict() == cells
    assert checked.schema == table.arrow_schema


# --- contracts that contradict themselves ---------------------------------------------------------


def test_an_unknown_type_is_refused_naming_the_known() -> None:
    with pytest.raises(ContractError, match="column x: type FLOAT; expected one of BIGINT"):
        Column("x", "FLOAT", "A value")


def test_a_key_of_unknown_columns_is_refused() -> None:
    with pytest.raises(ContractError, match="key names unknown columns id"):
        Table("graph", "ties", "One row per tie", ("id",), TIES.columns)


def test_a_table_that_keeps_its_past_needs_its_date() -> None:
    with pytest.raises(ContractError, match="history snapshot needs as_of_date"):
        Table("graph", "ties", "One row", ("src_id",), TIES.columns[:2], history="snapshot")


def test_a_comment_carries_the_unit() -> None:
    assert TIES.columns[2].comment == "How strong [share]"
    assert TIES.columns[0].comment == "From"


def test_money_keeps_its_cents() -> None:
    money = Table(
        "core",
        "bills",
        "One row",
        ("no",),
        (Column("no", "BIGINT", "No"), Column("m", "DECIMAL(18,2)", "M")),
    )
    exact = pa.table({"no": [1], "m": [Decimal("0.10")]})
    noisy = pa.table({"no": [1], "m": [0.1 + 0.2]})
    rounded = pa.table({"no": [1], "m": [Decimal("0.105")]})
    in_double = pa.table({"no": [1], "m": [0.105]})
    assert check_rows(money, exact).column("m").to_pylist() == [Decimal("0.10")]
    assert check_rows(money, noisy).column("m").to_pylist() == [Decimal("0.30")]
    for lossy in (rounded, in_double):
        with pytest.raises(ContractError, match=r"core\.bills: m is .*, contract says DECIMAL"):
            check_rows(money, lossy)
