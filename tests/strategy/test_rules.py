"""Rules are data that name allowed columns only and claim nothing about causes."""

from __future__ import annotations

import dataclasses

import pytest

from crm_tasks.contracts.dbt_models import MODELS
from crm_tasks.errors import ContractError
from crm_tasks.settings import PROJECT
from crm_tasks.strategy import wording
from crm_tasks.strategy.rules import COLUMNS, RULES, refuse_unknown_columns, rules_version
from tests.wording import assert_says_nothing_causal


def test_the_rules_of_the_house_name_allowed_columns_only():
    assert len(RULES) > 5
    refuse_unknown_columns(RULES)


@pytest.mark.parametrize(
    "condition",
    [
        "password is not null",
        "frequency = 1; drop table customers",
        "frequency = (select 1)",
        "frequency = 1 -- and more",
        "read_text('x') is not null",
        'frequency = "customer_id"',
    ],
)
def test_a_condition_that_names_anything_else_is_refused(condition):
    rule = dataclasses.replace(RULES[0], condition=condition)
    with pytest.raises(ContractError, match="a condition may name columns"):
        refuse_unknown_columns((rule,))


def test_a_figure_of_a_column_that_is_not_allowed_is_refused():
    rule = dataclasses.replace(RULES[0], value_column="customer_id")
    with pytest.raises(ContractError, match="customer_id"):
        refuse_unknown_columns((rule,))


def test_rule_ids_are_unique_and_every_reason_shows_its_figure_in_both_languages():
    assert len({rule.rule_id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert "{value}" in rule.reason_en
        assert "{value}" in rule.reason_zh
        assert not rule.reason_zh.isascii()


def test_objectives_and_contents_are_known():
    objectives = {objective for objective, _, _ in wording.OBJECTIVES}
    contents = (PROJECT / "dbt_project" / "seeds" / "contents.csv").read_text(encoding="utf-8")
    assert {rule.objective for rule in RULES} <= objectives
    listed = {line.split(",")[0] for line in contents.splitlines()}
    assert {rule.content_id for rule in RULES} <= listed


def test_the_columns_allowed_are_columns_of_the_wide_features():
    declared = (MODELS / "features" / "wide" / "feat_customers_wide.yml").read_text("utf-8")
    assert [name for name in COLUMNS if f"- name: {name}\n" not in declared] == []


def test_no_text_of_the_strategy_claims_a_cause():
    texts = [text for rule in RULES for text in (rule.reason_en, rule.reason_zh)]
    texts += [
        text for rows in (wording.OBJECTIVES, wording.REASONS) for row in rows for text in row
    ]
    assert_says_nothing_causal(texts)


def test_any_change_of_a_rule_changes_the_policy_version():
    changed = (dataclasses.replace(RULES[0], version=2), *RULES[1:])
    assert rules_version(RULES) != rules_version(changed)
    assert rules_version(RULES, 200) != rules_version(RULES, 201)
