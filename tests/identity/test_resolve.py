"""Who is who in a planted block: well linked, the same in any order, cheap when little changed."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts import identity as contracts
from crm_tasks.contracts.table import check_rows
from crm_tasks.identity.inputs import (
    Decision,
    Previous,
    contents,
    current_customers,
    described_records,
    handles,
    hard_ids,
    places_of,
    shared_keys,
)
from crm_tasks.identity.resolve import resolve
from crm_tasks.identity.tables import put_confidence, singleton_rows
from crm_tasks.identity.verdicts import decided_pairs
from tests.identity.conftest import previous_of, resolved
from tests.identity.people import KNOWN, PARAMS, groups, inputs_of, persons_of, quality

LAST_TENTH = 10


def test_a_planted_company_is_linked_as_it_should(planted):
    """The acceptance lines judge three seeds of a hundred times as many; here is the small sign."""
    precision, recall = quality(planted.inputs, planted.found, planted.block.person)
    assert precision >= 0.995
    assert recall >= 0.95


def test_no_two_hard_conflicts_share_a_customer(planted):
    described = planted.inputs.described
    births = described["birth_date"].to_pylist()
    label = planted.found.verdicts.label[described["record"].to_numpy()].tolist()
    years: dict[int, set[int]] = {}
    for one, birth in zip(label, births, strict=True):
        if birth:
            years.setdefault(one, set()).add(int(birth[:4]))
    assert len(years) > 500
    assert [y for y in years.values() if max(y) - min(y) > 11] == []


@pytest.fixture(scope="module")
def again(planted, tmp_path_factory):
    """The same records, landed in the same batches with rows in another order, on one thread."""
    rows = list(planted.block.rows)
    np.random.default_rng(5).shuffle(rows)
    return resolved(tmp_path_factory.mktemp("again"), rows, threads=1, model=None)


def test_neither_the_order_of_rows_nor_threads_change_anything(planted, again):
    _, found, tables = again
    assert found.model == planted.found.model
    for name, rows in planted.tables.items():
        ours, theirs = (
            check_rows(getattr(contracts, name.upper()), table) for table in (rows, tables[name])
        )
        assert ours.equals(theirs), name


@pytest.fixture(scope="module")
def grown(planted, tmp_path_factory):
    """The block without its last tenth, and then with it: linked at once, and step by step."""
    folder = tmp_path_factory.mktemp("grown")
    rows = planted.block.rows
    fewer = [row for number, row in enumerate(rows) if number % LAST_TENTH]
    model = planted.found.model
    _, first, tables = resolved(folder / "1", fewer, model=model)
    # The rest comes with a later batch, and one of the old records is corrected.
    later = [
        {**row, "phone": "07400 123456"} if n == 1
        else row if n % LAST_TENTH else {**row, "landing_sequence": 99}
        for n, row in enumerate(rows)
    ]  # fmt: skip
    before = previous_of(first, tables)
    _, at_once, whole = resolved(folder / "2", later, model=model)
    _, by_steps, parts = resolved(folder / "3", later, model=model, previous=before)
    return tables, at_once, whole, by_steps, parts


def test_linking_what_changed_gives_what_linking_everything_gives(grown):
    _, at_once, whole, by_steps, parts = grown
    assert by_steps.n_compared < 0.5 * at_once.n_compared
    for name in ("records", "links", "link_reasons", "review_queue", "golden_customers",
                 "relations", "identifiers", "count_intervals"):  # fmt: skip
        assert whole[name].equals(parts[name]), name


def test_a_new_batch_leaves_the_ids_of_untouched_customers(grown):
    tables, _, whole, _, parts = grown
    before, after = (
        {(r["source_system"], r["source_record_id"]): r["customer_id"] for r in t.to_pylist()}
        for t in (tables["records"], parts["records"])
    )
    moved = {key for key in before if before[key] != after[key]}
    told = {(r["source_system"], r["source_record_id"]) for r in parts["events"].to_pylist()}
    merged = {r["other_customer_id"] for r in parts["events"].to_pylist()
              if r["event_type"] == "merged"}  # fmt: skip
    assert len(moved) < 0.02 * len(before)
    assert all(key in told or before[key] in merged for key in moved)
    assert whole["records"].num_rows > tables["records"].num_rows


def test_nothing_new_compares_nothing(planted, tmp_path):
    before = previous_of(planted.found, planted.tables)
    _, found, tables = resolved(tmp_path, planted.block.rows, model=planted.found.model,
                                previous=before)  # fmt: skip
    assert found.n_compared == 0
    assert tables["links"].equals(planted.tables["links"])
    assert tables["events"].num_rows == 0


def test_another_model_compares_everything_anew(planted, scratch):
    before = replace(previous_of(planted.found, planted.tables), model_version="another")
    inputs = inputs_of(planted.block.rows[:300], model=planted.found.model, previous=before)
    assert resolve(scratch(), inputs, PARAMS).n_compared == len(inputs.described)


def test_a_record_that_is_gone_takes_its_links_along(scratch, tmp_path):
    anne = {"full_name": "Anne Weatherby", "email": "anne@mail.example", "birth_date": "1980-02-03"}
    rows = [{"key": f"{system}:1", **anne} for system in ("a", "b", "c")]
    _, found, tables = resolved(tmp_path, rows)
    inputs = inputs_of(rows[1:], previous=previous_of(found, tables))
    later = resolve(scratch(), inputs, PARAMS)
    assert groups(inputs, later) == [{"b:1", "c:1"}]
    assert later.pairs.num_rows == 1
    kinds = [(r["event_type"], r["reason"]) for r in singleton_rows(inputs)["events"].to_pylist()]
    assert ("erased", "record_gone") in kinds


# --- decisions ------------------------------------------------------------------------------------

TWINS = [
    {"key": "a:1", "full_name": "王伟", "city": "上海"},
    {"key": "b:1", "full_name": "王伟", "city": "上海"},
    {"key": "c:1", "full_name": "Joan Prendergast", "city": "Leeds"},
]


def test_a_decision_is_obeyed_and_the_last_one_holds(scratch):
    same = Decision("a:1", "b:1", "same", "clerk", None)
    different = replace(same, decision="different")
    odd = Decision("b:1", "c:1", "same", "clerk", None)
    assert persons_of(scratch, TWINS) == [{"a:1"}, {"b:1"}, {"c:1"}]
    assert persons_of(scratch, TWINS, decisions=[same]) == [{"a:1", "b:1"}, {"c:1"}]
    decided = persons_of(scratch, TWINS, decisions=[same, odd, different])
    assert decided == [{"a:1"}, {"b:1", "c:1"}]


def test_a_decided_pair_is_a_link_with_its_reasons(tmp_path):
    decisions = [Decision("b:1", "c:1", "same", "clerk", None)]
    _, _, tables = resolved(tmp_path, TWINS, decisions=decisions)
    (link,) = tables["links"].to_pylist()
    assert (link["record_l"], link["decision"], link["reason"]) == ("b:1", "manual", "decided_same")
    weights = [r["weight"] for r in tables["link_reasons"].to_pylist()]
    assert sum(weights) == pytest.approx(link["match_weight"], abs=1e-6)
    status = dict(zip(tables["records"]["source_system"].to_pylist(),
                      tables["records"]["match_status"].to_pylist(), strict=True))  # fmt: skip
    assert status == {"a": "singleton", "b": "manual", "c": "manual"}


def test_decisions_about_unknown_records_wait():
    keys = pa.array(["a:1", "b:1"])
    unknown = Decision("a:1", "z:9", "same", "clerk", None)
    assert decided_pairs([unknown], keys) == (set(), frozenset())
    assert places_of(keys, pa.array(["b:1", "z:9"])).tolist() == [1, -1]


# --- tables ---------------------------------------------------------------------------------------


def test_every_table_keeps_its_contract(planted):
    known = {table.name: table for table in contracts.TABLES}
    assert {*planted.tables, "decisions", "sent_messages"} == known.keys()
    for name, rows in planted.tables.items():
        assert check_rows(known[name], rows).num_rows == rows.num_rows
        assert rows.num_rows > 0, name


def test_the_reasons_of_every_link_sum_to_its_weight(planted):
    sums: dict[tuple[str, str], float] = {}
    for row in planted.tables["link_reasons"].to_pylist():
        pair = row["record_l"], row["record_r"]
        sums[pair] = sums.get(pair, 0.0) + row["weight"]
    links = planted.tables["links"].to_pylist()
    assert len(sums) == len(links) > 1000
    wrong = [r for r in links if abs(sums[r["record_l"], r["record_r"]] - r["match_weight"]) > 1e-6]
    assert wrong == []


def test_nothing_that_identifies_stands_in_any_table(planted):
    told = set()
    for field in ("full_name", "email", "phone", "address", "birth_date", "display_name"):
        values = planted.inputs.described[field].drop_null().to_pylist()
        told |= {value for value in values if len(value) > 5}
    assert len(told) > 1000
    for name, rows in planted.tables.items():
        texts = {v for column in rows.columns if pa.types.is_string(column.type)
                 for v in column.to_pylist()}  # fmt: skip
        assert not texts & told, name
    for counts in planted.found.model.frequencies.values():
        assert [digest for digest in counts if not re.fullmatch("[0-9a-f]{20}", digest)] == []


def test_the_queue_asks_only_about_customers_that_are_still_two(planted):
    owner = {
        f"{r['source_system']}:{r['source_record_id']}": r["customer_id"]
        for r in planted.tables["records"].to_pylist()
    }
    queue = planted.tables["review_queue"].to_pylist()
    assert queue
    assert [r for r in queue if owner[r["record_l"]] == owner[r["record_r"]]] == []
    assert [r["priority"] for r in queue] == list(range(1, len(queue) + 1))
    probabilities = [r["match_probability"] for r in queue]
    assert probabilities == sorted(probabilities, reverse=True)


def test_more_doubt_counts_fewer_customers(planted):
    counts = {
        row["threshold"]: row["value"]
        for row in planted.tables["count_intervals"].to_pylist() if row["measure"] == "customers"
    }  # fmt: skip
    assert counts[0.5] < counts[0.8] < counts[0.95]
    assert counts[0.8] == len(set(planted.tables["records"]["customer_id"].to_pylist()))


def test_every_rule_says_what_it_costs(planted):
    rows = planted.tables["blocking_rules"].to_pylist()
    used = [row for row in rows if row["is_used"]]
    assert len(used) > 8
    n = len(planted.inputs.described)
    assert all(row["reduction"] == pytest.approx(1 - row["n_pairs"] / (n * (n - 1) / 2))
               for row in rows)  # fmt: skip


def test_confidence_is_that_of_the_least_sure_link(scratch):
    engine = scratch()
    names = ("record_l", "record_r", "match_probability", "decision")
    links = [("s:1", "s:2", 0.9, "auto"), ("s:1", "s:3", 0.85, "auto"),
             ("s:2", "s:3", 0.99, "auto"), ("s:4", "s:5", 0.6, "manual")]  # fmt: skip
    records = [("s", str(n), "A", 3) for n in (1, 2, 3)] + [("s", "4", "D", 2), ("s", "5", "D", 2)]
    records.append(("s", "6", "F", 1))
    owners = ("source_system", "source_record_id", "customer_id", "cluster_size")
    put_confidence(
        engine,
        pa.table(dict(zip(names, map(list, zip(*links, strict=True)), strict=True))),
        pa.table(dict(zip(owners, map(list, zip(*records, strict=True)), strict=True))),
    )
    found = engine.query("select * from confidence order by customer_id").to_pylist()
    assert [r["identity_confidence"] for r in found] == [0.9, 1.0, 1.0]


# --- inputs ---------------------------------------------------------------------------------------


def test_the_latest_version_known_before_the_date_holds(scratch):
    rows = [{"key": "a:1", "city": "York"}, {"key": "b:1"}]
    inputs = inputs_of(rows)
    first = inputs.described.drop_columns(["record"])
    later = first.set_column(first.column_names.index("city"), "city", pa.array(["Leeds", "Hull"]))
    later = later.set_column(
        later.column_names.index("batch_id"), "batch_id", pa.array(["b2", "b2"])
    )
    moments = pa.array([KNOWN.replace(month=3), KNOWN.replace(year=2025)], pa.timestamp("us"))
    later = later.set_column(later.column_names.index("known_at"), "known_at", moments)
    staged = pa.concat_tables([first, later])
    current = current_customers(scratch(), staged, inputs.moment, inputs.records)
    assert current["city"].to_pylist() == ["Leeds", None]
    vaulted = pa.table({"batch_id": ["b2"], "record_no": pa.array([1], pa.int64()),
                        **{n: ["x"] for n in ("full_name", "given_name", "family_name",
                           "display_name", "email", "phone", "address", "birth_date",
                           "government_id", "loyalty_id", "handle", "wechat", "weibo", "x",
                           "facebook")}})  # fmt: skip
    plain = current.drop_columns(list(vaulted.column_names[2:]))
    described = described_records(scratch(), plain, vaulted)
    assert described["email"].to_pylist() == ["x", None]


def test_content_follows_what_is_compared_and_nothing_else():
    row = {"key": "a:1", "full_name": "Anne", "city": "York"}
    one, other = (contents(inputs_of([r]).described) for r in (row, {**row, "gender": "F"}))
    assert one == other
    changed = contents(inputs_of([{**row, "city": "Leeds"}]).described)
    assert one != changed


def test_a_key_everybody_has_is_nobodys():
    rows = [{"key": f"a:{n}", "loyalty_id": "0", "wechat": f"w{n // 2}"} for n in range(30)]
    described = inputs_of(rows).described
    found = shared_keys(described)
    assert len(found) == 15
    assert set(found.values()) == {2}
    assert len(hard_ids(described)) == 30
    assert set(handles(described)) == {"wechat"}
    assert Previous(pa.table({})).pairs is None
