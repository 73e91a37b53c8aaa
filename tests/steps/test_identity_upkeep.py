"""Between runs: a reason for every pair, decisions that are kept, models that wait for a person."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from crm_tasks.cli.identity import app
from crm_tasks.errors import RunStateError
from crm_tasks.settings import load_settings
from crm_tasks.steps import identity_upkeep as upkeep
from crm_tasks.warehouse.decisions import decisions_of
from crm_tasks.warehouse.ledger import Ledger
from tests.flow.small_company import N_CUSTOMERS


@pytest.fixture
def settings(copied, company):
    return load_settings(home=copied.root, profile=str(company.profile))


@pytest.fixture
def called(copied, company):
    def call(*words: str):
        where = ["--home", str(copied.root)]
        profile = [] if words[0] == "queue" else ["--profile", str(company.profile)]
        return CliRunner().invoke(app, [*words, *profile, *where])

    return call


def test_a_linked_pair_is_explained_field_by_field(settings):
    found = upkeep.explain(settings, "shop:K000", "club:M00")
    assert (found.record_l, found.record_r) == ("club:M00", "shop:K000")
    assert found.customer_l == found.customer_r
    assert (found.decision, found.reason) == ("auto", "probable")
    assert {field for field, *_ in found.fields} == {"email", "prior"}
    assert sum(weight for *_, weight in found.fields) == pytest.approx(found.weight, abs=1e-6)
    # Two customers are explained by the likeliest pair of their records.
    again = upkeep.explain(settings, found.customer_l, "shop:K000")
    assert again == found


def test_an_unlikely_pair_is_scored_when_asked_for(settings):
    found = upkeep.explain(settings, "club:M00", "shop:K005")
    assert found.customer_l != found.customer_r
    assert (found.decision, found.reason) == ("none", "unlikely")
    assert found.probability < 0.01
    assert sum(weight for *_, weight in found.fields) == pytest.approx(found.weight, abs=1e-6)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("clubs:M00", "shop:K000", "did you mean 'club'"),
        ("club:M99", "shop:K000", "no such record"),
        ("f" * 32, "shop:K000", "no such customer"),
        ("shop:K059", "shop:K000", "says nothing that could be compared"),
    ],
)
def test_who_is_not_there_cannot_be_explained(settings, one, other, said):
    with pytest.raises(RunStateError, match=said):
        upkeep.explain(settings, one, other)


def test_a_decision_is_kept_with_who_made_it(settings):
    assert upkeep.decide(settings, "shop:K000", "club:M00", "different", "they called") == 1
    (row,) = decisions_of(Ledger(settings.home_path / "ops" / "ops.sqlite"), "small_company")
    assert (row["record_l"], row["record_r"]) == ("club:M00", "shop:K000")
    assert (row["decision"], row["reason"]) == ("different", "they called")
    with pytest.raises(RunStateError, match="both names are the same record"):
        upkeep.decide(settings, "shop:K000", "shop:K000", "same", None)


def test_two_government_ids_are_not_decided_to_be_one_person(settings, monkeypatch):
    monkeypatch.setattr(upkeep, "HARD_TOKENS", ("email_token",))  # no such column in this company
    with pytest.raises(RunStateError, match="different government or loyalty ids"):
        upkeep.decide(settings, "shop:K000", "shop:K001", "same", None)
    assert upkeep.decide(settings, "shop:K000", "club:M00", "same", None) == 1


def test_the_same_data_teach_the_same_model(settings):
    found = upkeep.train_model(settings)
    assert found.version == found.in_force
    assert (found.merges, found.splits, found.n_moved) == ((), (), 0)
    with pytest.raises(RunStateError, match="0 identity models begin with"):
        upkeep.accept_model(settings, "zzz")
    assert upkeep.accept_model(settings, found.version[:6]) == found.version


def test_a_new_model_says_who_would_split_and_waits(settings, monkeypatch):
    """A company where nobody is the same any more splits every customer of two records."""
    real = upkeep.resolve

    def doubting(scratch, inputs, params):
        return real(scratch, inputs, type(params)(auto_threshold=0.999999, regions=params.regions))

    monkeypatch.setattr(upkeep, "resolve", doubting)
    found = upkeep.train_model(settings)
    assert len(found.splits) == 20
    assert found.n_moved == 20
    assert len({kept for kept, _ in found.splits}) == 20 < N_CUSTOMERS


def test_the_command_line_tells_all_this(called):
    done = called("explain", "club:M00", "shop:K000")
    assert done.exit_code == 0
    assert re.search(r"email +same +\+", done.output)
    assert "both are customer" in done.output
    assert "nothing waits" in called("queue").output
    assert "decision 1 is kept" in called("decide", "club:M00", "shop:K000", "same").output
    assert "in force already" in called("train").output
    assert called("decide", "club:M00", "shop:K000", "perhaps").exit_code == 2
    assert "next run on" in called("accept", "").output


def test_a_profile_that_identifies_nobody_has_no_identity_to_keep_up(settings, monkeypatch):
    monkeypatch.setattr(upkeep, "identifies_customers", lambda _: False)
    with pytest.raises(RunStateError, match="no source identifies customers"):
        upkeep.train_model(settings)
