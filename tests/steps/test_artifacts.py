"""What was learned is kept as a file and read back only as what the registry says it is."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from crm_tasks.errors import RunStateError
from crm_tasks.ml.artifacts import Artifact
from crm_tasks.steps.artifacts import keep_artifacts, model_store, read_all, read_artifact
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger

X = np.random.default_rng(1).normal(size=(80, 2))
FOREST = RandomForestClassifier(3, random_state=0).fit(X, X[:, 0] > 0)
KEPT = {
    "buys_within:30d:random_forest:1": Artifact(FOREST, ("a", "b"), {"family": "random_forest"}),
    "next_price:median:2": Artifact(None, (), {"family": "median", "median": np.float64(2.5)}),
}
ROWS = [{"model_version": v, "parameters_sha256": one.digest} for v, one in KEPT.items()]


@pytest.fixture
def run(tmp_path):
    home = Home(tmp_path)
    ledger = Ledger(home.ops_file)
    return SimpleNamespace(
        home=home, ledger=ledger, claim=ledger.claim("a", "choices", None), run_id="r1",
        profile=SimpleNamespace(profile="p"),
    )  # fmt: skip


@pytest.fixture
def store(run):
    keep_artifacts(run, KEPT)
    return model_store(run.home, run.ledger, "p")


def test_all_that_was_kept_is_read_back_and_answers_as_before(store):
    other = {"model_version": "link:model:3", "parameters_sha256": "of a table, not of a file"}
    assert read_all(store, [*ROWS, other]) == 2
    again = read_artifact(store, ROWS[0])
    assert np.array_equal(again.estimator.predict_proba(X), FOREST.predict_proba(X))
    assert read_artifact(store, ROWS[1]).told["median"] == 2.5


def test_other_parameters_than_registered_are_refused(store):
    swapped = {**ROWS[0], "parameters_sha256": ROWS[1]["parameters_sha256"]}
    with pytest.raises(RunStateError, match="holds other parameters"):
        read_artifact(store, swapped)


def test_a_changed_file_is_refused(run, store):
    row = store.find(ROWS[1]["model_version"])
    path = run.home.root / row["artifact_path"]
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(RunStateError, match="was changed"):
        read_all(store, ROWS)
