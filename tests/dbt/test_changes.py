"""Whatever changes in whatever order: what is brought up to date equals what is built again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tasks.contracts.entities import ENTITIES, METADATA
from crm_tasks.landing.changes import batches_sql
from crm_tasks.warehouse.delta import judged_differently
from tests.dbt.engine import Engine

STAGED = tuple(ENTITIES)
CORE = ("dim_products", "fct_order_items", "fct_orders")
FIRST = dt.date(2024, 1, 1)
Row = dict[str, Any]

days = st.integers(0, 9)
few = st.integers(0, 3)


def moment(day: int) -> str:
    return f"{FIRST + dt.timedelta(days=day)} 10:00:00"


@st.composite
def landed_rows(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Draw what one batch says of a few orders, lines and products; some rows are broken."""
    orders = [
        {"order_source_id": f"o{n}", "customer_source_id": draw(st.sampled_from(["a", "b", None])),
         "ordered_at": draw(st.sampled_from([moment(draw(days)), "never"])),
         "is_deletion": draw(st.integers(0, 4)) == 0}
        for n in draw(st.lists(few, max_size=3))
    ]  # fmt: skip
    lines = [
        {"order_item_source_id": f"i{n}", "order_source_id": f"o{draw(few)}",
         "customer_source_id": draw(st.sampled_from(["a", "b", None])),
         "product_source_id": f"p{draw(few)}", "ordered_at": moment(draw(days)),
         "quantity": draw(st.sampled_from(["1", "3", "two"])), "net_amount": str(draw(few)),
         "is_deletion": draw(st.integers(0, 4)) == 0}
        for n in draw(st.lists(st.integers(0, 5), max_size=5))
    ]  # fmt: skip
    products = [
        {"product_source_id": f"p{n}", "name": draw(st.sampled_from(["tea", "soap"])),
         "is_countable": draw(st.sampled_from(["true", "false", None])),
         "is_deletion": draw(st.integers(0, 4)) == 0}
        for n in draw(st.lists(few, max_size=2))
    ]  # fmt: skip
    rule = draw(st.sampled_from(["event", "landing"]))
    known = {"landed_at": moment(draw(days)), "known_at_rule": rule, "known_at_lag_days": draw(few)}
    named = {"orders": orders, "order_items": lines, "products": products}
    return {name: [row | known for row in named.get(name, [])] for name in STAGED}


@st.composite
def acts(draw: st.DrawFn) -> list[tuple[list[dict[str, list[Row]]], int, dict[str, str]]]:
    """Draw some acts: batches that arrive, the day it is, which customer each record is."""
    people = st.fixed_dictionaries(
        {}, optional={n: st.sampled_from(["A", "B", "C"]) for n in ("a", "b")}
    )
    one = st.tuples(st.lists(landed_rows(), max_size=2), st.integers(1, 12), people)
    return draw(st.lists(one, min_size=3, max_size=3))


@dataclass
class Company:
    """What has been landed so far, and a warehouse that is brought up to date with it."""

    engine: Engine = field(default_factory=Engine)
    batches: dict[str, dict[str, list[Row]]] = field(default_factory=dict)

    def show(self, engine: Engine, shown: list[str]) -> None:
        """Make the landing views hold the rows of some batches."""
        for entity in STAGED:
            rows = [
                _landed(entity, batch, number, row)
                for batch in shown
                for number, row in enumerate(self.batches[batch][entity], 1)
            ]
            fields = dict.fromkeys(ENTITIES[entity].field_names, "varchar") | METADATA
            columns = ", ".join(f"{name} {kind}" for name, kind in fields.items())
            engine.connection.execute(
                f"create or replace table landing.landing_{entity} ({columns})"
            )
            for row in rows:
                marks = ", ".join("?" for _ in fields)
                engine.connection.execute(
                    f"insert into landing.landing_{entity} values ({marks})",
                    [row.get(name) for name in fields],
                )

    def landed_at(self) -> dict[str, dt.datetime]:
        """Return when each batch landed; one without a row has nothing to say."""
        rows = {batch: next(chain(*told.values()), None) for batch, told in self.batches.items()}
        return {
            batch: dt.datetime.fromisoformat(row["landed_at"]) for batch, row in rows.items() if row
        }

    def identify(self, engine: Engine, people: dict[str, str]) -> None:
        """Say which customer each source record is."""
        engine.connection.execute(
            "create or replace table identity.records (source_system varchar, "
            "source_record_id varchar, customer_id varchar)"
        )
        for record, customer in people.items():
            engine.connection.execute(
                "insert into identity.records values ('s', ?, ?)", (record, customer)
            )


def _landed(entity: str, batch: str, number: int, row: Row) -> Row:
    place = int(batch[1:])
    return row | {"source_system": "s", "batch_id": batch, "landing_sequence": place,
                  "record_no": number}  # fmt: skip


def staged() -> list[str]:
    return [f"stg_{entity}" for entity in STAGED]


@settings(max_examples=6)  # each is three builds beside three whole ones
@given(acts())
def test_what_is_brought_up_to_date_equals_what_is_built_again(told) -> None:
    company = Company()
    engine = company.engine
    built: tuple[int, dict[str, str]] | None = None
    for arrived, day, people in told:
        stood = company.landed_at()
        new = [f"b{len(company.batches) + n}" for n in range(len(arrived))]
        company.batches |= dict(zip(new, arrived, strict=True))
        as_of = FIRST + dt.timedelta(days=day)
        if built is not None:
            moments = [
                dt.datetime.combine(FIRST, dt.time()) + dt.timedelta(days=d)
                for d in (built[0], day)
            ]
            new += sorted(judged_differently(engine.connection, stood, *moments))
        engine.variables = {"as_of": as_of.isoformat()}
        engine.connection.execute(batches_sql(new))
        company.show(engine, new)
        engine.build(staged(), is_full=built is None)
        _note_changes(engine, built, people)
        company.identify(engine, people)
        engine.build(CORE, is_full=built is None)
        again = Engine(variables=engine.variables)
        company.show(again, list(company.batches))
        company.identify(again, people)
        again.build([*staged(), *CORE], is_full=True)
        for table in [*(f"staging.{name}" for name in staged()), *(f"core.{n}" for n in CORE)]:
            assert engine.rows(table) == again.rows(table), table
        built = (day, people)


def _note_changes(
    engine: Engine, built: tuple[int, dict[str, str]] | None, people: dict[str, str]
) -> None:
    """Say what the steps say: for which date core was built, who is somebody else now."""
    if built is None:
        return
    day, before = built
    moved = [f"s:{r}" for r in {*before, *people} if before.get(r) != people.get(r)]
    run = engine.connection.execute
    run(
        f"create or replace table changes.built as select timestamp '{FIRST}' + to_days({day}) as as_of_at"
    )
    run("create or replace table changes.customers (customer_record_id varchar)")
    for record in moved:
        run("insert into changes.customers values (?)", (record,))


def test_the_rows_touched_are_those_of_the_keys_that_changed() -> None:
    company = Company()
    engine = company.engine
    engine.variables = {"as_of": "2024-02-01"}
    line = {"order_source_id": "o1", "product_source_id": "p1", "ordered_at": moment(1),
            "quantity": "1", "net_amount": "1", "known_at_rule": "event",
            "known_at_lag_days": 0}  # fmt: skip
    lines = [line | {"order_item_source_id": f"i{n}"} for n in range(100)]
    nothing: dict[str, list[Row]] = {entity: [] for entity in STAGED}
    company.batches = {"b0": nothing | {"order_items": lines}}
    company.show(engine, ["b0"])
    company.identify(engine, {})
    engine.build([*staged(), *CORE], is_full=True)
    corrected = [line | {"order_item_source_id": "i7", "net_amount": "5"}]
    company.batches["b1"] = nothing | {"order_items": corrected}
    company.show(engine, ["b1"])
    engine.connection.execute(batches_sql(["b1"]))
    engine.build(staged(), is_full=False)
    _note_changes(engine, (31, {}), {})
    engine.build(CORE, is_full=False)
    touched = dict(
        engine.connection.execute(
            "select table_name, (strategy, rows_deleted, rows_inserted) from changes.rows_touched"
        ).fetchall()
    )
    assert touched["staging.stg_order_items"] == ("changed batches", 0, 1)
    assert touched["core.fct_order_items"] == ("changed keys", 1, 1)
    assert touched["core.fct_orders"] == ("changed keys", 0, 0)
