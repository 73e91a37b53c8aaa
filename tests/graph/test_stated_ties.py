"""Stated ties and talk: each kind with its own layer, worth, age and end; combined as declared."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.graph.combined import combine, shares
from crm_tasks.graph.params import (
    COMBINED,
    COOPERATION,
    MENTION,
    REFERRAL,
    REPLY,
    SAME_HOUSEHOLD,
    TRUST,
    WORKS_FOR,
    GraphParams,
    LayerParams,
    house_layers,
)
from crm_tasks.graph.relationships import relate
from crm_tasks.graph.ties import collect_evidence, standing, tie_up
from tests.graph.builders import AS_OF, core, said, stated_tie

LAYERS = {
    **house_layers(),
    TRUST: LayerParams(True, 100.0, None, weight=3.0),
    REPLY: LayerParams(True, 100.0, 3.0, weight=1.0),
}
PARAMS = GraphParams(layers=LAYERS)


def tied(lend, layer, *, stated=(), talk=(), confidence=None) -> tuple[pa.Table, pa.Table]:
    """Return evidence and ties of one layer among customers a, b, c and organizations O, P."""
    frames = core(customers="abc", organizations=("O", "P"), stated=stated, talk=talk)
    if confidence:
        known = [confidence.get(name) for name in frames["customers"]["customer_id"].to_pylist()]
        frames["customers"] = frames["customers"].set_column(
            3, "identity_confidence", pa.array(known, pa.float64())
        )
    scratch = lend(**frames)
    evidence = collect_evidence(scratch, layer, AS_OF, PARAMS)
    return evidence, tie_up(scratch, evidence, layer, AS_OF, LAYERS[layer])


def test_stated_trust_is_a_share_of_its_scale_and_fades(scratch):
    stated = [stated_tie(TRUST, "b", "a", days_ago=100, strength=80.0, share=0.8)]
    _, ties = tied(scratch, TRUST, stated=stated)
    (tie,) = ties.to_pylist()
    assert (tie["src_id"], tie["dst_id"], tie["is_directed"]) == ("b", "a", True)
    assert tie["strength"] == pytest.approx(0.4, abs=1e-9)
    assert tie["distance"] == pytest.approx(2.5, abs=1e-7)


def test_a_cooperation_counts_its_contracts_and_has_no_direction(scratch):
    stated = [stated_tie(COOPERATION, "P", "O", strength=15.0)]
    _, ties = tied(scratch, COOPERATION, stated=stated)
    (tie,) = ties.to_pylist()
    assert (tie["src_id"], tie["dst_id"], tie["edge_key"]) == ("O", "P", "cooperation:O:P")
    assert tie["strength"] == pytest.approx(15 / (15 + 5), abs=1e-9)


@pytest.mark.parametrize(
    ("layer", "fact", "strength"),
    [
        (REFERRAL, stated_tie(REFERRAL, "a", "b"), 1 / 2),
        (WORKS_FOR, stated_tie(WORKS_FOR, "a", "O"), 1.0),
        (SAME_HOUSEHOLD, stated_tie(SAME_HOUSEHOLD, "b", "a"), 1.0),
        (MENTION, stated_tie(MENTION, "a", "b"), 1 / 4),
    ],
)
def test_a_bare_statement_is_worth_one(scratch, layer, fact, strength):
    _, ties = tied(scratch, layer, stated=[fact])
    assert ties["strength"].to_pylist() == [pytest.approx(strength, abs=1e-9)]


def test_replies_and_mentions_are_counted_each_in_its_layer(scratch):
    talk = [
        said(REPLY, "a", "b", days_ago=100),
        said(REPLY, "a", "b"),
        said(MENTION, "a", "b"),
        said(REPLY, "a", "a"),
        said("follow", "b", "a"),
        said(REPLY, "a", None),
        said(REPLY, "a", "stranger"),
    ]
    evidence, ties = tied(scratch, REPLY, talk=talk)
    (tie,) = ties.to_pylist()
    assert tie["strength"] == pytest.approx(1.5 / 4.5, abs=1e-9)
    assert set(evidence["evidence_type"].to_pylist()) == {"interaction"}


def test_an_undated_tie_does_not_age_and_has_no_dates(scratch):
    _, ties = tied(scratch, TRUST, stated=[stated_tie(TRUST, "a", "b", days_ago=None, share=0.5)])
    (tie,) = ties.to_pylist()
    assert tie["strength"] == 0.5
    assert tie["valid_from"] is tie["first_evidence_at"] is None


def test_a_tie_that_ended_says_when_and_stands_no_more(scratch):
    gone = stated_tie(WORKS_FOR, "a", "O", days_ago=900, ended_days_ago=30)
    _, ties = tied(scratch, WORKS_FOR, stated=[gone, stated_tie(WORKS_FOR, "b", "O")])
    ends = dict(zip(ties["src_id"].to_pylist(), ties["valid_to"].to_pylist(), strict=True))
    assert ends["b"] is None
    assert (AS_OF - ends["a"].date()).days == 30
    assert standing(ties)["src_id"].to_pylist() == ["b"]


def test_confidence_is_that_both_ends_are_who_they_are_taken_for(scratch):
    stated = [stated_tie(TRUST, "a", "b", share=1.0), stated_tie(TRUST, "a", "c", share=1.0)]
    _, ties = tied(scratch, TRUST, stated=stated, confidence={"a": 0.9, "b": 0.8})
    found = dict(zip(ties["dst_id"].to_pylist(), ties["confidence"].to_pylist(), strict=True))
    assert found == {"b": pytest.approx(0.72), "c": pytest.approx(0.9)}


def test_ties_of_strangers_and_with_oneself_are_none(scratch):
    strange = stated_tie(TRUST, "a", "b", share=1.0) | {"is_unknown_dst": True}
    stated = [strange, stated_tie(TRUST, "c", "c"), stated_tie(TRUST, "a", "nobody")]
    evidence, _ = tied(scratch, TRUST, stated=stated)
    assert evidence.num_rows == 0


# --- combined -------------------------------------------------------------------------------------

STATED = [
    stated_tie(TRUST, "a", "b", share=0.5),
    stated_tie(TRUST, "b", "a", share=0.8),
    stated_tie(TRUST, "b", "c", share=1.0),
]
TALK = [said(REPLY, "b", "a"), said(REPLY, "b", "a", days_ago=100), said(REPLY, "c", "a")]


def combined(lend, stated, talk) -> dict[tuple[str, str], float]:
    scratch = lend(**core(customers="abc", stated=stated, talk=talk))
    facts = {name: collect_evidence(scratch, name, AS_OF, PARAMS) for name in (TRUST, REPLY)}
    ties = [tie_up(scratch, rows, name, AS_OF, LAYERS[name]) for name, rows in facts.items()]
    weights = pa.table({"edge_type": [TRUST, REPLY], "weight": [0.75, 0.25]})
    evidence = combine(scratch, pa.concat_tables(ties), weights)
    rows = tie_up(scratch, evidence, COMBINED, AS_OF, LayerParams(False, np.inf, None))
    return {(row["src_id"], row["dst_id"]): row["strength"] for row in rows.to_pylist()}


def test_layers_are_combined_by_declared_weights_the_stronger_of_two_counting(scratch):
    found = combined(scratch, STATED, TALK)
    reply = 1.5 / (1.5 + 3.0)
    assert found == {
        ("a", "b"): pytest.approx(0.75 * 0.8 + 0.25 * reply, abs=1e-8),
        ("b", "c"): pytest.approx(0.75, abs=1e-8),
        ("a", "c"): pytest.approx(0.25 * 0.25, abs=1e-8),
    }


def test_dropping_a_reply_moves_its_pair_by_hand_and_no_other(scratch):
    before, after = combined(scratch, STATED, TALK), combined(scratch, STATED, TALK[1:])
    lost = 0.25 * (1.5 / 4.5 - 0.5 / 3.5)
    assert before.pop(("a", "b")) - after.pop(("a", "b")) == pytest.approx(lost, abs=1e-8)
    assert before == after


def test_weights_are_shares_of_all_that_is_declared():
    found = shares(PARAMS)
    assert sum(found.values()) == pytest.approx(1.0)
    assert found[TRUST] == pytest.approx(3 * found[REPLY])
    assert COOPERATION not in found
    plain = {name: LayerParams(True, 1.0, None) for name in LAYERS}
    assert shares(GraphParams(layers=plain)) == {}


# --- the whole ------------------------------------------------------------------------------------


def whole(lend, stated=STATED, talk=TALK):
    frames = core(customers="abc", organizations=("O", "P"), stated=stated, talk=talk)
    return relate(lend(**frames), None, AS_OF, PARAMS)


def test_every_layer_a_source_feeds_has_nodes_ties_measures_and_a_summary(scratch):
    work = [
        *STATED,
        stated_tie(COOPERATION, "O", "P", strength=2.0),
        stated_tie(WORKS_FOR, "a", "O"),
    ]
    related = whole(scratch, work)
    kinds = dict(
        zip(*(related["nodes"][c].to_pylist() for c in ("node_id", "node_type")), strict=True)
    )
    assert kinds["O"] == "organization"
    summary = {row["layer"]: row for row in related["summary"].to_pylist()}
    assert {TRUST, REPLY, COOPERATION, WORKS_FOR, COMBINED, "purchase"} < set(summary)
    assert summary[COOPERATION]["n_nodes"] == 2
    assert summary[WORKS_FOR]["n_nodes"] == 5
    assert summary[WORKS_FOR]["density"] == pytest.approx(1 / 6)
    assert "two kinds" in summary[WORKS_FOR]["not_computed_reason"]
    assert summary[TRUST]["reciprocity"] == pytest.approx(2 / 3)
    assert summary[COMBINED]["n_communities"] == 1
    counted = related["edge_evidence"].group_by("edge_key").aggregate([([], "count_all")])
    by_key = dict(zip(*(counted[c].to_pylist() for c in counted.column_names), strict=True))
    for row in related["edges"].to_pylist():
        assert row["n_evidence"] == by_key[row["edge_key"]]


def test_dropping_any_fact_changes_its_tie_and_what_it_is_combined_into_only(scratch):
    everything = set_of(whole(scratch)["edges"])
    for gone in range(len(STATED)):
        rest = [fact for place, fact in enumerate(STATED) if place != gone]
        touched = {
            (dict(row)["edge_type"], frozenset((dict(row)["src_id"], dict(row)["dst_id"])))
            for row in everything ^ set_of(whole(scratch, rest)["edges"])
        }
        pair = frozenset((STATED[gone]["src_id"], STATED[gone]["dst_id"]))
        assert {(TRUST, pair)} <= touched <= {(TRUST, pair), (COMBINED, pair)}


def set_of(rows: pa.Table) -> set[tuple[tuple[str, object], ...]]:
    return {tuple(row.items()) for row in rows.to_pylist()}
