"""The models keep to the SQL that other engines read the same way, and the scanner sees if not."""

from __future__ import annotations

import re

import pytest

from tests.dbt.portable import (
    DBT_PROJECT,
    VARIABLES,
    Finding,
    findings,
    rendered,
    rendered_models,
    waivers,
)

WAIVERS_AT_MOST = 3  # rankings of reports: some hundred rows in all


@pytest.fixture(scope="module")
def models() -> dict[str, str]:
    return rendered_models()


def test_no_model_uses_a_construct_that_engines_read_differently(models: dict[str, str]) -> None:
    assert len(models) > 30
    found = [
        f"{path}: {finding.rule}: {sql.splitlines()[finding.line - 1].strip()}"
        for path, sql in models.items()
        for finding in findings(sql)
    ]
    assert not found, "\n".join(found)


def test_excuses_stay_few(models: dict[str, str]) -> None:
    assert sum(waivers(sql) for sql in models.values()) <= WAIVERS_AT_MOST


def test_only_portable_sql_holds_an_engines_own_words() -> None:
    macros = {path.name: path.read_text("utf-8") for path in DBT_PROJECT.glob("macros/*.sql")}
    assert "portable.sql" in macros
    assert [name for name, text in macros.items() if "adapter.dispatch" in text] == ["portable.sql"]
    assert [name for name, text in macros.items() if "duckdb__" in text] == ["portable.sql"]


def test_every_dispatched_macro_has_a_spelling_for_duckdb() -> None:
    text = (DBT_PROJECT / "macros/portable.sql").read_text("utf-8")
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)', 'guanxi'\)", text))
    assert dispatched
    assert dispatched == set(re.findall(r"macro duckdb__(\w+)\(", text))


PLANTED = {
    "dateadd()": "select dateadd(day, 1, ordered_at) as x from orders",
    "log()": "select log(amount) as x from orders",
    "concat()": "select concat(a, b) as x from orders",
    "hash()": "select hash(a) as x from orders",
    "regexp_replace()": "select regexp_replace(a, 'x', 'y') as x from orders",
    "try_cast()": "select try_cast(a as bigint) as x from orders",
    "any_value()": "select cast(any_value(a) as bigint) as x from orders",
    "current_date": "select current_date as x",
    "interval": "select a + interval 1 day as x from orders",
    "qualify": "select a from orders qualify a = 1",
    "quoted identifier": 'select "a" from orders',
    "backslash": r"select a from orders where portable_matches(a, '\d')",
    "cast by ::": "select a::bigint as x from orders",
    "arithmetic on dates": "select shipped_date - ordered_date as x from orders",
    "division that is not double / nullif(double, 0)": "select a / b as x from orders",
    "aggregate or window without a cast": "select sum(amount) as x from orders",
    "order without nulls first or last": "select a from orders order by a desc, order_id limit 3",
    "order without a unique tie-break": "select a from orders order by a desc nulls last limit 3",
    "window over all rows": (
        "select cast(row_number() over (order by order_id asc nulls last) as bigint) as x from o"
    ),
    "window over few partitions": (
        "select cast(sum(a) over (partition by channel_id) as bigint) as x from orders"
    ),
    "limit without order": "select a from orders limit 3",
    "self-join": "select a.x from orders as a inner join orders as b on a.x = b.x",
    "union without all or distinct": "select a from x union select a from y",
    "by all": "select a from orders group by all",
}


@pytest.mark.parametrize(("rule", "sql"), PLANTED.items(), ids=list(PLANTED))
def test_a_planted_construct_is_found(rule: str, sql: str) -> None:
    assert Finding(rule, 1) in findings(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select a from orders -- never concat(a, b)",
        "select a from orders where b = 'log(x) - current_date'",
        "select cast(coalesce(sum(a), 0) as bigint) as x from orders",
        "select a from orders group by a having count(*) > 1",
        "select cast(a as double) / nullif(cast(b as double), 0) as x from orders",
        "select first_amount - last_amount as x from orders",
        "select a from orders order by a asc nulls first, order_id asc nulls last limit 3",
        "select cast(max(a) over (partition by customer_id) as bigint) as x from orders",
        "select orders.a from orders left join items on orders.a = items.a",
        """select cast(row_number() over ( -- portable-ok: ten rows
        order by order_id asc nulls last) as bigint) as x from o""",
    ],
)
def test_what_is_portable_is_left_alone(sql: str) -> None:
    assert findings(sql) == []


def test_a_cast_around_a_whole_query_does_not_count_for_its_aggregates() -> None:
    sql = "select cast((select sum(a) as x from orders) as bigint) as x"
    assert [finding.rule for finding in findings(sql)] == ["aggregate or window without a cast"]


@pytest.mark.parametrize("name", list(VARIABLES))
@pytest.mark.parametrize(
    "hostile",
    ["2018-01-02' or 1=1 --", "'); drop table x; --", "", "deny'", "UTC'; select 1", "true or 1"],
)
def test_no_text_from_outside_becomes_sql(name: str, hostile: str) -> None:
    macro = "as_of_date" if name == "as_of" else name
    with pytest.raises(ValueError, match=f"variable {name}: expected text like") as caught:
        rendered("{{ " + macro + "() }}", {**VARIABLES, name: hostile})
    assert not hostile or hostile not in str(caught.value)


def test_the_as_of_date_has_to_be_given() -> None:
    with pytest.raises(ValueError, match="variable as_of"):
        rendered("{{ as_of_date() }}", {})


def test_variables_are_read_in_one_place() -> None:
    files = [*DBT_PROJECT.glob("macros/**/*.sql"), *DBT_PROJECT.glob("models/**/*.sql")]
    assert files
    reading = {path.name for path in files if re.search(r"\bvar\(", path.read_text("utf-8"))}
    assert reading == {"variables.sql"}
