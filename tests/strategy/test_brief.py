"""The brief: one page, in two languages, that escapes what it shows and claims no cause."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser

import pyarrow as pa
import pytest

from crm_tasks.contracts.evaluation import CAMPAIGN_RESPONSE, CAMPAIGNS, STRATEGY_RESULTS
from crm_tasks.contracts.strategy import DECISION_BRIEFS
from crm_tasks.contracts.table import check_rows
from crm_tasks.strategy.brief import write_briefs
from crm_tasks.strategy.brief.facts import collect_facts
from crm_tasks.strategy.plan import plan_contacts
from crm_tasks.strategy.rules import load_rules
from tests.strategy.builders import AS_OF, customer, frames, letter, params
from tests.wording import CAUSAL, assert_says_nothing_causal

ONE_PAGE = 110  # lines of Markdown, tables of five rows included


def response(campaign, contacted, responded):
    return {
        "campaign_id": campaign, "n_contacted": contacted, "n_responded": responded,
        "response_rate": responded / contacted, "ci_low": 0.1, "ci_high": 0.2,
        "n_contacted_with_orders": 0, "n_not_contacted": 0, "n_not_contacted_with_orders": 0,
        "evidence": "observational", "label": "l", "label_zh": "l", "as_of_date": AS_OF,
    }  # fmt: skip


def measured(campaign, outcome="value", estimand="total", effect=1.5, **more):
    return {
        "campaign_id": campaign, "outcome": outcome, "estimand": estimand,
        "estimator": "design_contrast", "arm": "treatment", "baseline_arm": "control",
        "effect": effect, "se": 0.25, "ci_low": 1.0, "ci_high": 2.0, "p_value": 0.01,
        "interval_kind": "fixed", "n_units": 200, "n_clusters": 20, "evidence": "randomised",
        "is_headline": True, "is_final": True, "label": "l", "label_zh": "l", "as_of_date": AS_OF,
        **more,
    }  # fmt: skip


def briefs(lend, *customers, before=(), now=(), effects=(), effects_before=(), title="A shop",
           **given):  # fmt: skip
    changed = {name: given.pop(name) for name in ("actions_per_day",) if name in given}
    data = frames(*customers, **given)
    plan = plan_contacts(lend(**data), params(**changed), load_rules()).whole()
    names = [f"n_{c}" for c in data["contents"]["content_id"].to_pylist()]
    contents = data["contents"].append_column("action_name", pa.array(names))
    responses, results = CAMPAIGN_RESPONSE.arrow_schema, STRATEGY_RESULTS.arrow_schema
    lent = lend(
        actions=plan["actions"], reasons=plan["action_reasons"], campaigns=plan["campaigns"],
        candidates=plan["candidates"], prices=plan["shadow_prices"],
        solution=plan["plan_solutions"], contents=contents,
        known_campaigns=CAMPAIGNS.arrow_schema.empty_table(),
        responses=pa.Table.from_pylist(list(now), schema=responses),
        responses_before=pa.Table.from_pylist(list(before), schema=responses),
        effects=pa.Table.from_pylist(list(effects), schema=results),
        effects_before=pa.Table.from_pylist(list(effects_before), schema=results),
    )  # fmt: skip
    facts = collect_facts(lent, "UTC")
    rows = check_rows(DECISION_BRIEFS, write_briefs(facts, AS_OF, title, "EUR")).to_pylist()
    return facts, {(row["language"], row["format"]): row["content"] for row in rows}


@pytest.fixture
def many():
    return [customer(f"c{n:02}", monetary_value=Decimal(50 + n)) for n in range(30)]


def test_observational_briefs_claim_no_cause_and_say_what_they_are(scratch, many):
    told = (response("spring", 100, 15),)
    _, pages = briefs(scratch, *many, now=told, messages=(letter("m", "c01", 5),),
                      actions_per_day=8)  # fmt: skip
    assert set(pages) == {(lang, form) for lang in ("en", "zh") for form in ("html", "md")}
    assert_says_nothing_causal(pages.values())
    assert "Observational" in pages["en", "md"]
    assert "观察性数据" in pages["zh", "html"]
    for page in pages.values():
        assert "spring" in page
        assert re.search(r"15\.0 ?%", page)
    assert len(pages["en", "md"].splitlines()) <= ONE_PAGE
    assert not CAUSAL.search(pages["zh", "md"])


def test_sums_of_the_brief_are_those_of_the_plan(scratch, many):
    facts, pages = briefs(scratch, *many, messages=(letter("m", "c01", 5),), actions_per_day=8)
    total = facts.total
    assert total["n_duties"] == 1
    assert sum(row["n_actions"] for row in facts.campaigns) == total["n_actions"]
    assert sum(row["n_actions"] for row in facts.days) == total["n_actions"]
    offers = total["n_actions"] - 1
    assert total["answers"] == pytest.approx(0.05 * offers, abs=1e-6)
    low, high = facts.answers_between
    assert low <= total["answers"] <= high
    assert f"{total['n_actions']} actions for" in pages["en", "md"]
    assert " 1 of them answer letters" in pages["en", "md"]
    _, quiet = briefs(scratch, *many, actions_per_day=8)
    assert "answer letters" not in quiet["en", "md"]  # of what there is none nothing is said
    assert "逾期来信" not in quiet["zh", "html"]
    assert facts.limits[0]["constraint_name"] == "day"


def test_only_what_is_new_since_the_last_plan_was_learned(scratch, many):
    old, moved, new = response("old", 50, 5), response("moved", 50, 9), response("new", 20, 2)
    facts, pages = briefs(scratch, *many, now=(old, moved, new),
                          before=(old, response("moved", 50, 8)))  # fmt: skip
    assert [row["campaign"] for row in facts.learned] == ["moved", "new"]
    _, quiet = briefs(scratch, *many, now=(old,), before=(old,))
    assert "No campaign has new figures" in quiet["en", "md"]
    assert "| old |" not in pages["en", "md"]


def test_a_measured_gain_is_told_with_its_interval(scratch, many):
    uplift = tuple(
        {"customer_id": row["customer_id"], "channel": None, "content_type": None, "uplift": 0.2,
         "uplift_low": 0.1, "uplift_high": 0.3, "is_amount": False}
        for row in many
    )  # fmt: skip
    facts, pages = briefs(scratch, *many, uplift=uplift, effects=(measured("drawn"),))
    assert facts.is_measured
    assert facts.total["gain_low"] < facts.total["gain"] < facts.total["gain_high"]
    assert "Gain where it was measured" in pages["en", "md"]
    total = "| drawn | money spent | everybody contacted, instead of nobody | 1.5000 |"
    assert f"{total} 1.0000 \N{EN DASH} 2.0000 |" in pages["en", "md"]


def test_what_was_measured_is_told_once_by_the_estimator_that_speaks(scratch, many):
    told = (
        measured("old"), measured("new", estimand="direct", effect=0.5), measured("new"),
        measured("new", estimator="exposure_regression", effect=9.0, is_headline=False),
        measured("runs", is_final=False), measured("moved", effect=2.5),
        measured("chosen", evidence="observational", estimand="association"),
    )  # fmt: skip
    facts, pages = briefs(scratch, *many, effects=told,
                          effects_before=(measured("old"), measured("moved")))  # fmt: skip
    found = [(row["campaign"], row["estimand"], row["effect"]) for row in facts.effects]
    assert found == [
        ("moved", "total", 2.5), ("new", "total", 1.5), ("new", "direct", 0.5),
        ("runs", "total", 1.5),
    ]  # fmt: skip
    assert "runs (still running)" in pages["en", "md"]
    assert "runs (仍在进行)" in pages["zh", "html"]


def test_a_customer_who_gets_nothing_counts_once_by_the_best_option(scratch, many):
    facts, pages = briefs(scratch, *many, actions_per_day=2)
    assert 0 < facts.total["n_customers"] < len(many)
    left = len(many) - facts.total["n_customers"]
    assert sum(row["n_customers"] for row in facts.left) == left
    assert "before their best option" in pages["en", "md"]


class Page(HTMLParser):
    """What of a page a browser would load or run."""

    def __init__(self):
        super().__init__()
        self.tags, self.loads = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loads += [value for name, value in attrs if name in ("src", "href")]


def test_a_page_shows_what_it_is_given_and_runs_nothing(scratch, many):
    evil = "<script>alert(1)</script> | x"
    _, pages = briefs(scratch, *many, title=evil, now=(response(evil, 10, 1),))
    for language in ("en", "zh"):
        page = Page()
        page.feed(pages[language, "html"])
        assert "table" in page.tags
        assert "script" not in page.tags
        assert page.loads == []
        rows = [r for r in pages[language, "md"].splitlines() if "alert" in r]
        assert len(rows) == 2
        assert all("<script" not in row and "\\| x" in row for row in rows)


def test_a_plan_of_nothing_has_a_brief_too(scratch):
    facts, pages = briefs(scratch, customer("a", rfm_segment="no_orders", frequency=None))
    assert facts.total["n_actions"] == 0
    assert "0 actions for 0 customers" in pages["en", "md"]
    assert str(AS_OF) in pages["zh", "html"]
