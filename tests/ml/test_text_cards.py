"""Models of texts in the registry: status by what answers, rows of the last one that was judged."""

from __future__ import annotations

import datetime as dt

from crm_tasks.contracts import check_rows, find_table
from crm_tasks.ml.text_cards import TextCard, registry_rows

AS_OF = dt.date(2024, 7, 1)
OUT_OF_FOLD = {"accuracy": 0.8, "macro_f1": 0.79, "ece": 0.02, "coverage": 0.8,
               "accuracy_named": 0.9, "n": 100.0}  # fmt: skip


def starter(*, is_in_force):
    told = {"kind": "starter", "made_of": "rules", "n_texts": 100,
            "out_of_fold": {"intent": OUT_OF_FOLD}}  # fmt: skip
    return TextCard("a1", "f" * 64, is_in_force, was_accepted=True, told=told)


def own(version, verdict, *, is_in_force, was_accepted=False):
    row = {
        "target": "intent", "candidate": "own_labels", "baseline": "most_frequent",
        "metric": "accuracy", "candidate_value": 0.8, "baseline_value": 0.5, "diff": 0.3,
        "ci_low": 0.2, "ci_high": 0.4, "n": 120, "verdict": verdict, "is_champion": None,
        "reason": None,
    }  # fmt: skip
    told = {
        "kind": "own_labels", "split": "time", "n_texts": 400, "learnt_from": ["t1", "t2"],
        "data_hash": "d", "train_from": "2024-01-01", "train_to": "2024-06-01",
        "trained_as_of": "2024-06-15", "n_judged": 120, "figures": {"accuracy": [0.8, 0.7, 0.9]},
        "comparisons": [row, {**row, "candidate": "in_force"}],
    }  # fmt: skip
    return TextCard(version, "e" * 64, is_in_force, was_accepted, told)


def registered(*cards):
    tables = registry_rows(cards, AS_OF)
    return {name: check_rows(find_table(name), rows).to_pylist() for name, rows in tables.items()}


def test_the_starter_answers_by_rule_and_says_so():
    rows = registered(starter(is_in_force=True))
    assert [(r["family"], r["status"]) for r in rows["ml.models"]] == [("starter", "champion")]
    (compared,) = rows["ml.model_comparisons"]
    assert (compared["verdict"], compared["is_champion"]) == ("not_judged", True)
    assert {r["split"] for r in rows["ml.model_metrics"]} == {"out_of_fold: generated sentences"}


def test_a_champion_of_own_labels_retires_the_starter():
    rows = registered(own("b2", "better", is_in_force=True, was_accepted=True),
                      starter(is_in_force=False))  # fmt: skip
    assert {r["model_version"]: r["status"] for r in rows["ml.models"]} == {
        "a1": "retired", "b2": "champion",
    }  # fmt: skip
    champions = [r["candidate"] for r in rows["ml.model_comparisons"] if r["is_champion"]]
    assert champions == ["own_labels"]
    (metric,) = [r for r in rows["ml.model_metrics"] if r["model_version"] == "b2"]
    assert (metric["split"], metric["ci_low"], metric["n"]) == ("held_out:time", 0.7, 120)
    assert rows["ml.model_comparisons"][0]["judged_as_of"] <= AS_OF


def test_a_loser_keeps_its_rows_and_only_the_last_is_compared():
    rows = registered(own("c3", "worse", is_in_force=False),
                      own("b2", "better", is_in_force=True, was_accepted=True))  # fmt: skip
    compared = {r["candidate"]: r for r in rows["ml.model_comparisons"]}
    assert compared["own_labels"]["verdict"] == "worse"
    assert not compared["own_labels"]["is_champion"]
    assert compared["in_force"]["is_champion"]
    assert len(rows["ml.models"]) == 2


def test_without_texts_there_are_no_rows():
    assert {name: len(rows) for name, rows in registered().items()} == {
        "ml.models": 0, "ml.model_metrics": 0, "ml.model_comparisons": 0,
    }  # fmt: skip
