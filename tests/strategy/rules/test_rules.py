"""Rules: nothing but their small language is read; scores are what pandas says; hits are rows."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crm_tasks.contracts.strategy import RULES_FIRED
from crm_tasks.contracts.table import check_rows
from crm_tasks.errors import RulesError
from crm_tasks.settings import PROJECT
from crm_tasks.strategy.rules import (
    compare_rules,
    failed_examples,
    fire_rules,
    load_rules,
)
from crm_tasks.strategy.rules.expressions import feature_kinds, parse_condition, parse_value
from tests.strategy.rules.books import HEAD, OFFER, book, people, written
from tests.wording import assert_says_nothing_causal

AS_OF = dt.date(2024, 7, 1)


def fired(lend, rules, *rows):
    return check_rows(RULES_FIRED, fire_rules(lend(customers=people(*rows)), rules, AS_OF))


def hits(lend, rules, *rows):
    return {(r["customer_id"], r["rule_id"]) for r in fired(lend, rules, *rows).to_pylist()}


# --- the language ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("password is not null", "no column"),
        ("frequencey = 1", "did you mean 'frequency'"),
        ("frequency = 1; drop table customers", "one expression"),
        ("frequency = (select 1)", "not allowed"),
        ("frequency in (select 1)", "list of values"),
        ("frequency = 1 -- and more", "comment"),
        ("read_text('x') is not null", "read_text is not allowed"),
        ("lest(frequency, 1) = 1", "did you mean 'least'"),
        ("frequency = \"customer_id\"", "without table and quotes"),
        ("customers.frequency = 1", "without table and quotes"),
        ("customer_id = 'a'", "no column"),
        ("rfm_segment > 3", "different kinds"),
        ("frequency + 'a' > 1", "no number"),
        ("frequency", "expected a condition"),
        ("not frequency", "no truth"),
        ("frequency >", "cannot be read"),
        ("random() > 0.5", "not allowed"),
        ("rfm_segment like '%'", "not allowed"),
        ("cast(frequency as varchar) = '1'", "not allowed"),
        ("frequency is 3", "after `is`"),
        ("case frequency when 1 then true end", "not allowed"),
        ("", "one expression"),
    ],
)  # fmt: skip
def test_a_condition_that_says_anything_else_is_refused(text, told):
    with pytest.raises(ValueError, match=told):
        parse_condition(text)


def test_a_value_is_a_number():
    parse_value("least(coalesce(frequency, 0), 10) / nullif(recency_days, 0) + ln(2) - abs(-1)")
    with pytest.raises(ValueError, match="expected a number"):
        parse_value("rfm_segment")


def test_no_rule_may_look_at_keys_age_or_gender():
    names = feature_kinds()
    assert len(names) > 40
    assert [n for n in names if "gender" in n or "birth" in n or n in ("customer_id", "age")] == []


# --- the file -------------------------------------------------------------------------------------


def test_the_rules_of_the_house_hold_their_own_examples(scratch):
    rules = load_rules()
    assert len(rules.rule_ids) > 15
    assert len(rules.examples) >= 5
    assert failed_examples(scratch(), rules) == []


def test_the_rules_of_the_house_offer_known_contents_and_claim_no_cause():
    rules = load_rules()
    contents = (PROJECT / "dbt_project" / "seeds" / "contents.csv").read_text(encoding="utf-8")
    listed = {line.split(",")[0] for line in contents.splitlines()}
    assert {name for rule in rules.expansions for name in rule.contents} <= listed
    texts = [text for r in rules.expansions for text in (r.reason_en, r.reason_zh)]
    limits = (*rules.eligibilities, *rules.suppressions)
    texts += [text for r in limits for text in (r.text_en, r.text_zh)]
    assert_says_nothing_causal(texts)
    assert not any(text.isascii() for text in texts[1::2])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD.replace("    lever", "    leverr"), "line 8: unknown key 'expansions.0.leverr'; did"),
        (HEAD.replace("frequency >= 1", "frequencey >= 1"), "line 9: .*did you mean 'frequency'"),
        (HEAD.replace("lever: 0.5", "lever: 2"), "line 8"),
        (HEAD.replace('"{value} orders"', '"orders"'), "line 11: .*{value} is missing"),
        (HEAD + "suppresions: []\n", "did you mean 'suppressions'"),
        (HEAD.replace(">= 1", ">= score_lojalty"), "unknown 'score_lojalty'"),
        ("rule_book: mine\nversion: 1\n", "expansions"),
    ],
)
def test_a_mistyped_book_is_told_with_line_and_nearest_name(tmp_path, text, told):
    with pytest.raises(RulesError, match=told):
        load_rules(written(tmp_path, text))


def test_a_good_file_is_read(tmp_path):
    assert load_rules(written(tmp_path, HEAD)).rule_ids == ["offer"]


@pytest.mark.parametrize(
    "said",
    [
        {"expansions": (OFFER, OFFER)},
        {"examples": ({"name": "an example", "customer": {"frequencey": 1}},)},
        {"examples": ({"name": "an example", "customer": {}, "fires": ("ofer",)},)},
        {"scores": ({"id": "g", "version": 1, "meaning": "a score", "form": "weighted_mean",
                     "terms": ({"name": "t", "weight": 0, "value": "frequency"},)},)},
        {"scores": ({"id": "g", "version": 1, "meaning": "a score", "form": "weighted_mean",
                     "terms": ({"name": "t", "weight": 1, "value": "score_g"},)},)},
    ],
)  # fmt: skip
def test_a_book_that_contradicts_itself_is_refused(said):
    with pytest.raises(ValidationError):
        book(**said)


def test_any_change_of_a_rule_changes_the_digest():
    assert book().digest == book().digest
    assert book().digest != book(expansions=({**OFFER, "version": 2},)).digest


def test_an_example_that_does_not_come_out_is_told(scratch):
    wrong = book(examples=(
        {"name": "nobody", "customer": {"frequency": 0}, "fires": ("offer",)},
        {"name": "somebody", "customer": {"frequency": 2}, "does_not_fire": ("offer",)},
    ))  # fmt: skip
    assert failed_examples(scratch(), wrong) == [
        "example 'nobody': rule offer should fire and does not",
        "example 'somebody': rule offer fires and should not",
    ]


# --- what fires -----------------------------------------------------------------------------------


def test_an_unknown_figure_or_condition_fires_nothing(scratch):
    rules = book(expansions=({**OFFER, "figure": "recency_days"},))
    told = hits(
        scratch, rules,
        {"customer_id": "a", "frequency": 2, "recency_days": 4},
        {"customer_id": "b", "frequency": 2},
        {"customer_id": "c", "recency_days": 4},
    )  # fmt: skip
    assert told == {("a", "offer")}


def test_a_hit_tells_rule_version_inputs_and_figure(scratch):
    (row,) = fired(scratch, book(), {"customer_id": "a", "frequency": 2}).to_pylist()
    assert row == {
        "customer_id": "a", "rule_id": "offer", "term": "", "kind": "expansion", "rule_version": 1,
        "outcome": "category_coupon", "inputs": "frequency=2", "figure": 2.0, "weight": None,
        "score_part": None, "score": None, "as_of_date": AS_OF,
    }  # fmt: skip


def test_the_least_of_something_unknown_is_unknown(scratch):
    """DuckDB's least leaves NULL out: an unknown figure would count as the highest."""
    rules = book(scores=({
        "id": "g", "version": 1, "meaning": "a score", "form": "weighted_mean",
        "terms": ({"name": "t", "weight": 1, "value": "least(recency_days, 10) / 10"},),
    },))  # fmt: skip
    rows = fired(scratch, rules, {"customer_id": "a"}, {"customer_id": "b", "recency_days": 5})
    assert [(r["customer_id"], r["score"]) for r in rows.to_pylist()] == [("b", 0.5)]


def test_of_a_scheme_the_first_rule_gives_the_class(scratch):
    rules = book(classifications=(
        {"id": "many", "version": 1, "scheme": "size", "label": "big", "when": "frequency >= 9"},
        {"id": "some", "version": 1, "scheme": "size", "label": "small", "when": "frequency >= 1"},
    ), suppressions=(
        {"id": "no_big", "version": 1, "when": "class_size = 'big'", "text_en": "big ones rest",
         "text_zh": "大客户休息"},
    ))  # fmt: skip
    rows = [{"customer_id": name, "frequency": n} for name, n in (("a", 10), ("b", 2), ("c", 0))]
    told = hits(scratch, rules, *rows)
    assert ("a", "no_big") in told
    assert ("b", "no_big") not in told
    assert {c for c, _ in told} == {"a", "b"}


def test_scores_equal_their_definition_and_add_up(scratch):
    """g, h, k = sum(w x) / sum(w) over what is known; f = 1 / (1 + exp(-(a + sum b x)))."""
    rng = np.random.default_rng(5)
    terms = [("s", 3.0, "m_score"), ("f", 2.0, "f_score"), ("r", 1.0, "r_score")]
    said = tuple({"name": n, "weight": w, "value": f"({c} - 1) / 4"} for n, w, c in terms)
    rules = book(scores=(
        {"id": "g", "version": 1, "meaning": "a mean", "form": "weighted_mean", "terms": said},
        {"id": "f", "version": 2, "meaning": "a logistic", "form": "logistic", "intercept": -1,
         "terms": said},
    ))  # fmt: skip
    drawn = rng.integers(0, 6, (200, 3))
    rows = [
        {
            "customer_id": f"c{i:03}",
            **{c: int(x) or None for (_, _, c), x in zip(terms, row, strict=True)},
        }
        for i, row in enumerate(drawn)
    ]
    found = fired(scratch, rules, *rows).to_pandas()
    x = pd.DataFrame(np.where(drawn == 0, np.nan, (drawn - 1) / 4), columns=["s", "f", "r"])
    w = pd.Series({name: weight for name, weight, _ in terms})
    mean = ((x * w).sum(axis=1) / (x.notna() * w).sum(axis=1)).round(6)
    logistic = (1 / (1 + np.exp(-(-1 + (x * w).sum(axis=1))))).round(6)
    for name, expected in (("g", mean), ("f", logistic)):
        of_score = found[found["rule_id"] == name].groupby("customer_id")
        scores = of_score["score"].first()
        assert len(scores) > 190
        by_id = expected.set_axis([row["customer_id"] for row in rows]).reindex(scores.index)
        assert np.abs(scores - by_id).max() <= 1e-6
        parts = of_score["score_part"].sum()
        again = parts if name == "g" else parts.map(lambda s: 1 / (1 + math.exp(-s)))
        assert np.abs(again - scores).max() <= 1e-6


# --- two books ------------------------------------------------------------------------------------


def test_a_comparison_counts_who_enters_leaves_and_is_told_otherwise(scratch):
    other = {**OFFER, "id": "other", "when": "frequency >= 5"}
    before = book(expansions=(OFFER, other))
    after = book(expansions=(
        {**OFFER, "when": "frequency >= 3"}, {**other, "contents": ("member_event",)},
    ))  # fmt: skip
    rows = [{"customer_id": f"c{n}", "frequency": n} for n in range(7)]
    found = compare_rules(scratch(customers=people(*rows)), before, after, AS_OF)
    counts = {row["rule_id"]: row for row in found.counts.to_pylist()}
    assert counts["offer"] == {
        "kind": "expansion", "rule_id": "offer", "n_before": 6, "n_after": 4, "n_enter": 0,
        "n_leave": 2, "n_otherwise": 0,
    }  # fmt: skip
    assert counts["other"]["n_otherwise"] == 2
    assert found.customers.column(0).to_pylist() == ["c1", "c2", "c5", "c6"]
    same = compare_rules(scratch(customers=people(*rows)), before, before, AS_OF)
    assert same.customers.num_rows == 0
    assert same.n_customers == 7
