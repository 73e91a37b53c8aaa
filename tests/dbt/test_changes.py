"""Whatever changes in whatever order: what is brought up to date equals what is built again."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tasks.contracts.entities import ENTITIES, METADATA
from crm_tasks.landing.changes import batches_sql
from crm_tasks.warehouse.delta import judged_differently
from tests.dbt.engine import Engine, incremental_facts

#: Entities of the facts that are brought up to date, and products, which they copy from.
DRAWN = ("products", *(name.removeprefix("fct_") for name in incremental_facts()))
STAGED = tuple(f"stg_{entity}" for entity in DRAWN)
OTHERS = tuple(f"stg_{entity}" for entity in ENTITIES if entity not in DRAWN)
#: In the order of what reads what; the last two are inlined by dbt.
CORE = ("dim_products", "int_orders_recovered", "int_orders_dated", *incremental_facts())
FIRST = dt.date(2024, 1, 1)
#: Each is three builds and three whole ones; `make accept` tries hundreds.
HISTORIES = int(os.environ.get("CHANGE_HISTORIES", "3"))
Row = dict[str, Any]
Batch = dict[str, list[Row]]

days = st.integers(0, 9)
few = st.integers(0, 3)


def moment(day: int) -> str:
    return f"{FIRST + dt.timedelta(days=day)} 10:00:00"


def values_of(name: str, kind: str) -> st.SearchStrategy[str | None]:
    """Return what a field may hold: few keys, so that they meet; now and then what does not fit."""
    if name.endswith("customer_source_id"):
        return st.sampled_from(["a", "b", None])
    if name.endswith("_source_id"):
        return few.map(lambda n: f"{name[:3]}{n}")
    if kind in ("timestamp", "date"):
        known = days.map(moment if kind == "timestamp" else lambda day: moment(day)[:10])
        return st.one_of(known, known, known, st.sampled_from([None, "never"]))
    if kind in ("integer", "decimal", "double"):
        return st.sampled_from(["1", "3", "two"])
    return st.sampled_from(["true", "false", None])


def rows_of(entity: str) -> st.SearchStrategy[list[Row]]:
    fields = {f.name: values_of(f.name, f.kind) for f in ENTITIES[entity].fields}
    deletion = st.integers(0, 5).map(lambda n: n == 0)
    return st.lists(st.fixed_dictionaries({**fields, "is_deletion": deletion}), max_size=4)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Draw what one batch says, and how and when it became known."""
    rule = draw(st.sampled_from(["event", "landing"]))
    known = {"landed_at": moment(draw(days)), "known_at_rule": rule, "known_at_lag_days": draw(few)}
    return {entity: [row | known for row in draw(rows_of(entity))] for entity in DRAWN}


@st.composite
def acts(draw: st.DrawFn) -> list[tuple[list[Batch], int, dict[str, str]]]:
    """Draw some acts: batches that arrive, the day it is, which customer each record is."""
    who = st.sampled_from(["A", "B", "C"])
    people = st.fixed_dictionaries({}, optional={"a": who, "b": who})
    one = st.tuples(st.lists(batches(), max_size=2), st.integers(1, 12), people)
    return draw(st.lists(one, min_size=3, max_size=3))


@dataclass
class Company:
    """What has been landed so far, and a warehouse that is brought up to date with it."""

    engine: Engine = field(default_factory=Engine)
    batches: dict[str, Batch] = field(default_factory=dict)

    def show(self, engine: Engine, shown: list[str]) -> None:
        """Make the landing views hold the rows of some batches."""
        for entity, about in ENTITIES.items():
            fields = dict.fromkeys(about.field_names, "varchar") | METADATA
            columns = ", ".join(f"{name} {kind}" for name, kind in fields.items())
            table = f"landing.landing_{entity}"
            engine.connection.execute(f"create or replace table {table} ({columns})")
            rows = [
                [(row | landed(batch, number)).get(name) for name in fields]
                for batch in shown
                for number, row in enumerate(self.batches[batch].get(entity, []), 1)
            ]
            if rows:
                marks = ", ".join("?" for _ in fields)
                engine.connection.executemany(f"insert into {table} values ({marks})", rows)

    def landed_at(self) -> dict[str, dt.datetime]:
        """Return when each batch landed; one without a row has nothing to say."""
        rows = {batch: next(chain(*told.values()), None) for batch, told in self.batches.items()}
        return {
            batch: dt.datetime.fromisoformat(row["landed_at"]) for batch, row in rows.items() if row
        }


def identify(engine: Engine, people: dict[str, str]) -> None:
    """Say which customer each source record is."""
    engine.connection.execute(
        "create or replace table identity.records (source_system varchar, "
        "source_record_id varchar, customer_id varchar)"
    )
    for record, customer in people.items():
        engine.connection.execute(
            "insert into identity.records values ('s', ?, ?)", (record, customer)
        )


def landed(batch: str, number: int) -> Row:
    place = int(batch[1:])
    return {"source_system": "s", "batch_id": batch, "landing_sequence": place,
            "record_no": number}  # fmt: skip


def note_changes(
    engine: Engine, built: tuple[int, dict[str, str]] | None, people: dict[str, str]
) -> None:
    """Say what the steps say: for which date core was built, who is somebody else now."""
    if built is None:
        return
    day, before = built
    moved = [f"s:{r}" for r in {*before, *people} if before.get(r) != people.get(r)]
    run = engine.connection.execute
    run(
        "create or replace table changes.built as "
        f"select timestamp '{FIRST}' + to_days({day}) as as_of_at"
    )
    run("create or replace table changes.customers (customer_record_id varchar)")
    for record in moved:
        run("insert into changes.customers values (?)", (record,))


def start_of(day: int) -> dt.datetime:
    return dt.datetime.combine(FIRST, dt.time()) + dt.timedelta(days=day)


@settings(max_examples=HISTORIES)
@given(acts())
def test_what_is_brought_up_to_date_equals_what_is_built_again(told) -> None:
    company = Company()
    engine = company.engine
    built: tuple[int, dict[str, str]] | None = None
    for arrived, day, people in told:
        stood = company.landed_at()
        new = [f"b{len(company.batches) + n}" for n in range(len(arrived))]
        company.batches |= dict(zip(new, arrived, strict=True))
        if built is not None:
            moments = start_of(built[0]), start_of(day)
            new += sorted(judged_differently(engine.connection, stood, *moments))
        engine.variables = {"as_of": f"{FIRST + dt.timedelta(days=day)}"}
        engine.connection.execute(batches_sql(new))
        company.show(engine, new)
        engine.build([*STAGED, *(OTHERS if built is None else ())], is_full=built is None)
        note_changes(engine, built, people)
        identify(engine, people)
        engine.build(CORE, is_full=built is None)
        again = Engine(variables=engine.variables)
        company.show(again, list(company.batches))
        identify(again, people)
        again.build([*STAGED, *CORE], is_full=True)
        for table in [*(f"staging.{name}" for name in STAGED), *(f"core.{n}" for n in CORE)]:
            assert engine.rows(table) == again.rows(table), table
        built = (day, people)


def test_the_rows_touched_are_those_of_the_keys_that_changed() -> None:
    company = Company()
    engine = company.engine
    engine.variables = {"as_of": "2024-02-01"}
    line = {"order_source_id": "o1", "product_source_id": "p1", "ordered_at": moment(1),
            "quantity": "1", "net_amount": "1", "known_at_rule": "event",
            "known_at_lag_days": 0}  # fmt: skip
    lines = [line | {"order_item_source_id": f"i{n}"} for n in range(100)]
    company.batches = {"b0": {"order_items": lines}}
    company.show(engine, ["b0"])
    identify(engine, {})
    engine.build([*STAGED, *CORE], is_full=True)
    corrected = [line | {"order_item_source_id": "i7", "net_amount": "5"}]
    company.batches["b1"] = {"order_items": corrected}
    company.show(engine, ["b1"])
    engine.connection.execute(batches_sql(["b1"]))
    engine.build(STAGED, is_full=False)
    note_changes(engine, (31, {}), {})
    engine.build(CORE, is_full=False)
    touched = dict(
        engine.connection.execute(
            "select table_name, (strategy, rows_deleted, rows_inserted) from changes.rows_touched"
        ).fetchall()
    )
    assert touched["staging.stg_order_items"] == ("changed batches", 0, 1)
    assert touched["core.fct_order_items"] == ("changed keys", 1, 1)
    assert touched["core.fct_orders"] == ("changed keys", 0, 0)
    assert touched["core.fct_surveys"] == ("changed keys", 0, 0)
