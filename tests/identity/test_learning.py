"""A model learned from a company without labels, and what it says of the company's pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.errors import RunStateError
from crm_tasks.identity import starter
from crm_tasks.identity.blocking import CANDIDATES, Rule, choose_rules, count_pairs
from crm_tasks.identity.comparable import make_comparable, put_records
from crm_tasks.identity.comparisons import COMPARISONS, ELSE, FIELDS, comparison_of, level_sql
from crm_tasks.identity.frequencies import count_persons, learned_frequencies, put_frequencies
from crm_tasks.identity.households import learn_household, log_odds_of_household
from crm_tasks.identity.linker import told_plainly
from crm_tasks.identity.model import (
    Household,
    IdentityModel,
    rounded,
    splink_settings,
    value_digest,
)
from crm_tasks.identity.score import log_odds, probability_of, score, score_pairs, score_with
from crm_tasks.identity.train import train, training_rules
from tests.identity.people import MODEL, PARAMS, TOKEN_KEY, inputs_of

FOUR = [
    {"key": "a:1", "full_name": "Anne Weatherby", "birth_date": "1980-02-03", "city": "Leeds",
     "email": "anne@mail.example", "address": "12 High Street"},
    {"key": "b:1", "full_name": "Anne Weatherby", "city": "Leeds", "email": "anne@mail.example",
     "address": "12 High St"},
    {"key": "c:1", "full_name": "Mark Weatherby", "birth_date": "1978-11-23", "city": "Leeds",
     "address": "12 High Street"},
    {"key": "d:1", "full_name": "Joan Prendergast", "birth_date": "1980-02-03", "city": "York"},
]  # fmt: skip
STRANGERS = [
    {"key": f"shop:{n}", "email": f"person{n}@shop.example", "phone": f"07400 {123_000 + n}"}
    for n in range(40)
]


def engine_with(scratch, rows, model=MODEL):
    """Return an engine that holds the comparable rows and the frequencies of a model."""
    engine = scratch()
    put_records(engine, make_comparable(inputs_of(rows).described, ("GB",), {}))
    put_frequencies(engine, model.frequencies, model.n_persons, TOKEN_KEY)
    return engine


# --- comparing ------------------------------------------------------------------------------------


def test_every_comparison_ends_in_everything_else():
    assert {len(starter.M[f]) for f in FIELDS}
    for comparison in COMPARISONS:
        assert [level.sql for level in comparison.levels].index(ELSE) == len(comparison.levels) - 1
        assert len(starter.M[comparison.field]) == len(comparison.levels)
        assert len(starter.U[comparison.field]) == len(comparison.levels)
        assert sum(starter.M[comparison.field]) == pytest.approx(1, abs=0.02)


def test_the_first_level_that_holds_counts(scratch):
    engine = engine_with(scratch, FOUR)
    levels = ", ".join(f"{level_sql(comparison_of(name))} as {name}" for name in FIELDS)
    rows = engine.query(
        f"select l.record as x, r.record as y, {levels} from records as l "
        "inner join records as r on l.record < r.record order by 1, 2"
    ).to_pylist()
    names = [c.levels[r[c.field]].name if r[c.field] is not None else None
             for r in rows[:2] for c in COMPARISONS]  # fmt: skip
    assert names == [
        "same words", "same", None, None, "same", "same city",
        "same family name", None, None, "different", "same", "same city",
    ]  # fmt: skip


def test_blocking_counts_every_pair_once_and_leaves_out_what_costs_too_much(scratch):
    engine = engine_with(scratch, FOUR)
    assert count_pairs(engine, "records", ["city"]) == 3
    assert count_pairs(engine, "records", ["address", "city"]) == 3
    rules = choose_rules(engine, "records", 0.5)
    used = {rule.name: rule.is_used for rule in rules}
    assert len(rules) == len(CANDIDATES)
    assert (used["email"], used["address"], used["phone"]) == (True, False, False)
    assert (
        Rule(("{}email", "{}city"), 1, is_used=True).sql == "l.email = r.email and l.city = r.city"
    )


def test_where_nothing_is_shared_yet_every_rule_stays_for_what_comes_later(scratch):
    engine = engine_with(scratch, STRANGERS)
    rules = choose_rules(engine, "records", 8.0)
    assert all(rule.is_used for rule in rules)
    assert not any(rule.n_pairs for rule in rules)


def test_a_model_without_a_rule_compares_nobody(scratch):
    engine = engine_with(scratch, STRANGERS)
    bare = replace(MODEL, rules=())
    assert len(score(engine, bare, 0.0)) == 0
    engine.query("create table changed as select * from records where record = 1")
    assert len(score_with(engine, bare, 0.0)) == 0


# --- frequencies ----------------------------------------------------------------------------------


def test_a_shared_mailbox_is_counted_by_the_names_behind_it(scratch):
    rows = [*FOUR, {"key": "e:1", "full_name": "Carl Rust", "email": "anne@mail.example"}]
    engine = engine_with(scratch, rows)
    assert count_persons(engine, "email") == {"anne@mail.example": 2}
    assert count_persons(engine, "address") == {"12 high st": 2}
    found = engine.query("select * from frequencies_email").to_pylist()
    assert found == [{"email": "anne@mail.example", "tf_email": 1 / MODEL.n_persons}]


def test_a_model_knows_values_by_digests_only(scratch):
    engine = engine_with(scratch, FOUR)
    learned = learned_frequencies(engine, TOKEN_KEY)
    assert learned["city"] == {value_digest(TOKEN_KEY, "city", "leeds"): 3}
    assert learned["name_full"] == {value_digest(TOKEN_KEY, "name_full", "anne weatherby"): 2}
    told = replace(MODEL, frequencies=learned).to_bytes().decode()
    assert not any(word in told for word in ("anne", "weatherby", "leeds", "york", "1980"))


def test_a_city_the_model_does_not_know_is_not_taken_for_a_rare_one(scratch):
    engine = engine_with(scratch, FOUR)
    assert engine.query("select * from frequencies_city").num_rows == 0
    assert engine.query("select * from frequencies_name_full").num_rows == 3


# --- the artifact ---------------------------------------------------------------------------------


def test_a_model_survives_its_file_and_the_file_has_the_same_bytes_twice():
    content = MODEL.to_bytes()
    assert IdentityModel.from_bytes(content) == MODEL
    assert IdentityModel.from_bytes(content).to_bytes() == content
    assert len(MODEL.version) == 16


def test_the_version_follows_what_was_learned_and_not_how_digests_are_keyed():
    rekeyed = {**MODEL.frequencies, "name_full": {"0" * 20: 300}}
    assert replace(MODEL, frequencies=rekeyed).version == MODEL.version
    assert replace(MODEL, prior=2e-5).version != MODEL.version


def test_a_model_of_other_comparisons_is_refused():
    older = replace(MODEL, m={**MODEL.m, "phone": (0.5, 0.5)})
    with pytest.raises(RunStateError, match="trained for other comparisons"):
        IdentityModel.from_bytes(older.to_bytes())


def test_probabilities_keep_six_significant_digits():
    assert rounded(1 / 3) == 0.333333
    settings = splink_settings(("l.email = r.email",), MODEL)
    assert (
        settings["comparisons"][1]["comparison_levels"][1]["m_probability"] == MODEL.m["email"][0]
    )


# --- scoring --------------------------------------------------------------------------------------


def test_the_weights_of_a_pair_are_those_of_its_levels_and_values(scratch):
    """By hand: log2(m/u), with the value's own frequency for u where it has one."""
    engine = engine_with(scratch, FOUR)
    scored = score(engine, MODEL, 0.5)
    assert list(zip(scored.left.tolist(), scored.right.tolist(), strict=True)) == [(0, 1)]
    m, u = MODEL.m, MODEL.u
    expected = {
        "name": np.log2(m["name"][1] / (1 / MODEL.n_persons)),
        "email": np.log2(m["email"][0] / u["email"][0]),
        "birth": 0.0,
        "address": np.log2(m["address"][0] / (1 / MODEL.n_persons)),
        "area": np.log2(m["area"][3] / u["area"][3]),
        "prior": log_odds(MODEL.prior),
    }
    for name, weight in expected.items():
        assert scored.weights[name][0] == pytest.approx(weight, abs=1e-6), name
    assert scored.weight[0] == pytest.approx(
        sum(scored.weights[name][0] for name in (*FIELDS, "prior", "household")), abs=1e-6
    )
    assert scored.probability[0] == probability_of(scored.weight)[0] > 0.999


def test_asked_pairs_are_scored_whatever_blocking_says(scratch):
    engine = engine_with(scratch, FOUR)
    scored = score_pairs(engine, MODEL, {(0, 3): -1, (1, 2): 0})
    assert list(zip(scored.left.tolist(), scored.right.tolist(), strict=True)) == [(0, 3), (1, 2)]
    assert scored.key.tolist() == [-1, 0]
    assert scored.weights["key"].tolist() == [0.0, 40.0]
    assert scored.probability[0] < 0.01


def test_scoring_what_changed_finds_the_same_pairs(scratch):
    rows = [*FOUR, {**FOUR[0], "key": "e:1", "phone": "07400 123456"}]
    engine = engine_with(scratch, rows)
    whole = score(engine, MODEL, 0.5)
    engine.query("create table changed as select * from records where record = 4")
    changed = score_with(engine, MODEL, 0.5)
    touches = (whole.left == 4) | (whole.right == 4)
    assert touches.any()
    assert changed.left.tolist() == whole.left[touches].tolist()
    assert changed.right.tolist() == whole.right[touches].tolist()
    assert changed.weight.tolist() == whole.weight[touches].tolist()


def test_an_error_of_the_engine_is_told_without_its_text():
    with pytest.raises(RunStateError) as caught, told_plainly("scoring"):
        raise ValueError("anne@mail.example")
    assert "anne" not in str(caught.value)
    assert caught.value.__cause__ is None


# --- households -----------------------------------------------------------------------------------


def test_relatives_are_learned_from_homes_and_mistaken_dates_taken_off(scratch):
    rows = []
    for home in range(40):
        where = {"address": f"{home} Mill Lane", "city": "Leeds"}
        family = ("Weatherby", "Oldcastle", "Rust", "Prendergast")[home % 4]
        rows += [
            {"key": f"a:{home}", "full_name": f"Anne {family}", "birth_date": "1960-02-03",
             "phone": "07400 111222" if home % 4 == 0 else None, **where},
            {"key": f"b:{home}", "full_name": f"Mark {family}", "birth_date": "1958-11-23",
             "phone": "07400 111222" if home % 4 == 0 else None, **where},
        ]  # fmt: skip
    engine = engine_with(scratch, rows)
    model = replace(MODEL, n_records=len(rows), prior=1e-6)
    found = learn_household(engine, model)
    family_level = [level.name for level in comparison_of("name").levels].index("same family name")
    assert found.share == pytest.approx(40 / (80 * 79 / 2), rel=0.2)
    assert found.names[family_level] == max(found.names) > 0.99
    assert found.phones[0] > 0.9
    # Where so many records of one person have a mistaken date there is no household to be seen.
    careless = {
        **model.m, "birth": (0.1, 0, 0, 0, 0, 0.9), "name": (*[0.08] * 8, 0.2, 0.08, 0.08),
    }  # fmt: skip
    assert learn_household(engine, replace(model, prior=0.1, m=careless)) == Household()


def test_a_shared_phone_says_less_between_relatives():
    levels = {name: np.array([-1]) for name in FIELDS}
    levels |= {"name": np.array([8]), "address": np.array([0]), "phone": np.array([0])}
    weights = {name: np.array([0.0]) for name in FIELDS}
    weights |= {name: np.array([MODEL.weights(name)[levels[name][0]]])
                for name in ("name", "address", "phone")}  # fmt: skip
    odds = log_odds_of_household(MODEL, levels, weights, np.array([False]))
    match = sum(float(weight[0]) for weight in weights.values()) + log_odds(MODEL.prior)
    assert match > 15  # alone, the fields would make one person of a couple
    assert match - np.logaddexp2(0, odds[0]) < log_odds(PARAMS.auto_threshold)
    none = replace(MODEL, household=Household())
    assert log_odds_of_household(none, levels, weights, np.array([False])).tolist() == [-np.inf]


# --- training -------------------------------------------------------------------------------------


def test_too_few_records_teach_nothing_and_the_starter_holds(scratch):
    engine = engine_with(scratch, FOUR)
    model = train(engine, PARAMS, TOKEN_KEY)
    assert model.m == {name: tuple(starter.M[name]) for name in FIELDS}
    assert training_rules(engine) == []
    empty = engine_with(scratch, [{"key": "a:1"}])
    assert train(empty, PARAMS, TOKEN_KEY).u["email"] == tuple(starter.U["email"])


def test_a_company_teaches_what_its_people_are_like(planted):
    model = planted.found.model
    true = {}
    for name in ("email", "phone", "birth", "name"):
        assert sum(model.m[name]) == pytest.approx(1, abs=1e-4)
        true[name] = model.weights(name)
    # Agreement speaks for, disagreement against; relatives look alike only as relatives.
    assert all(weights[0] > 8 and weights[-1] < -0.5 for weights in true.values())
    assert true["birth"][-1] < -6
    assert 0 < model.household.share < 0.01
    n_pairs = model.n_records * (model.n_records - 1) / 2
    persons = list(planted.block.person.values())
    counts = np.unique(persons, return_counts=True)[1]
    assert model.prior * n_pairs == pytest.approx((counts * (counts - 1) / 2).sum(), rel=0.1)
    assert isinstance(planted.found.pairs, pa.Table)
