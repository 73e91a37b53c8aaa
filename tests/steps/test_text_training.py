"""Training on own labels, on a real home: better answers from the next run on, worse never do."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from crm_tasks.contracts import find_table
from crm_tasks.errors import RunStateError
from crm_tasks.settings import load_settings
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.between_runs import opened_latest_run
from crm_tasks.steps.runner import run_all
from crm_tasks.steps.text import read_texts
from crm_tasks.steps.text_training import train_on_labels
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.tables import read_part, read_table

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = """
profile: bank
title: Letters to a bank
provenance: Made by tests/steps/test_text_training.py
time_zone: UTC
currency_code: EUR
default_as_of: 2024-07-01
is_synthetic: true
uses_demo_key: true
dry_run_only: true
contact: {channels: [email]}
texts:
  intents:
    lost_card: {need: new_card, topic: cards, is_complaint: true, answer_within_hours: 2}
    top_up: {topic: money}
  labels: {Karte weg: lost_card}
sources:
  - source_system: desk
    root: .
    known_at: {rule: event}
    tables:
      - name: customers
        files: customers.csv
        format: csv
        columns: {no: plain, email: {identifying: email}}
        feeds:
          - entity: customers
            map:
              customer_source_id: no
              customer_type: {constant: individual}
              email_token: email_token
      - name: messages
        files: messages-*.jsonl
        format: jsonl
        columns: {id: plain, customer: plain, at: plain, text: {identifying: text}}
        feeds:
          - entity: messages
            map:
              message_source_id: id
              customer_source_id: customer
              channel: {constant: email}
              direction: {constant: in}
              sent_at: at
              text_token: text_token
"""
DAYS = tuple(f"2024-07-0{day}" for day in range(1, 3))
WORDS = {"lost_card": "lost stolen card wallet vanished", "top_up": "top up balance add money"}
N = 120


def letters(first, n):
    rng = np.random.default_rng(first)
    for number in range(first, first + n):
        label = ("lost_card", "top_up")[int(rng.integers(2))]
        words = " ".join(rng.choice(WORDS[label].split(), 3))
        mark = f"{chr(97 + number % 26)}{chr(97 + number // 26)}x"
        text = f"Hello, I have a question about this: {words}. Please help me today, {mark}."
        at = f"2024-0{1 + number % 5}-{1 + number % 28:02d} 10:00:00"
        yield label, {"id": f"m{number}", "customer": f"K{number % 40}", "at": at, "text": text}


def write(folder: Path, first: int, n: int) -> dict[str, str]:
    told = list(letters(first, n))
    lines = "".join(json.dumps(row) + "\n" for _, row in told)
    (folder / f"messages-{first:03d}.jsonl").write_text(lines, encoding="utf-8")
    return {f"messages:desk:{row['id']}": label for label, row in told}


class Bank:
    """The bank's files and home."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, Home(folder / "home")
        self.profile = folder / "bank.yml"

    def run(self, as_of: str):
        """Read the texts as of a date; readers count as having got what was read before."""
        if self.home.ops_file.exists():
            with closing(sqlite3.connect(self.home.ops_file)) as ops:
                ops.execute("update runs set state = 'published', ended_at = as_of_date")
                ops.commit()
        attempt = Attempt(as_of, str(self.profile), str(self.home.root), as_of)
        return run_all(attempt, until="texts")[-1]

    def train(self, labels: dict[str, str]):
        file = self.folder / "labels.csv"
        with file.open("w", encoding="utf-8", newline="") as sink:
            writer = csv.writer(sink)
            writer.writerow(["text_id", "label"])
            writer.writerows(labels.items())
        return train_on_labels(self.settings, file)

    @property
    def settings(self):
        return load_settings(home=self.home.root, profile=str(self.profile))

    def rows(self, table: str, step: str | None = None):
        contract, ledger = find_table(table), Ledger(self.home.ops_file)
        run_id = ledger.find_run_like("last")["run_id"]
        if step is not None:
            return read_part(self.home, contract, run_id, step).to_pylist()
        return read_table(self.home, contract, run_id).to_pylist()


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    """Return the bank after two runs, the truth of its letters, and what either run told."""
    bank = Bank(tmp_path_factory.mktemp("bank"))
    bank.profile.write_text(PROFILE, encoding="utf-8")
    rows = "".join(f"K{n},k{n}@example.org\n" for n in range(40))
    (bank.folder / "customers.csv").write_text(f"no,email\n{rows}", encoding="utf-8")
    truth = write(bank.folder, 0, N)
    before = bank.run(DAYS[0])
    truth |= write(bank.folder, N, 5)
    return bank, truth, before, bank.run(DAYS[1])


def verdicts_of(bank):
    return {
        row["baseline"]: row["verdict"]
        for row in bank.rows("ml.model_comparisons", "texts")
        if (row["candidate"], row["metric"]) == ("own_labels", "accuracy")
    }


def test_a_second_run_scores_the_new_texts_alone(second):
    *_, before, after = second
    assert before["figures"]["scored"] == N
    assert after["figures"]["scored"] == after["rows_touched"] == 5
    assert after["figures"]["ml.text_labels"] == N + 5


def test_labels_by_lot_stay_a_proposal_and_better_ones_answer(second):
    bank, truth, *_ = second
    assert {row["family"] for row in bank.rows("ml.models", "texts")} == {"starter"}
    with pytest.raises(RunStateError, match=r"no intent 'lost_cart'.*did you mean 'lost_card'"):
        bank.train({next(iter(truth)): "lost_cart"})

    mixed = np.random.default_rng(2).permutation(list(truth.values()))
    by_lot = bank.train(dict(zip(truth, mixed.tolist(), strict=True)))
    assert not by_lot.is_in_force
    decisive = [row for row in by_lot.judgement.rows if row["metric"] == "accuracy"]
    assert {row["verdict"] for row in decisive}.isdisjoint({"better"})
    found = bank.train(truth)
    assert found.is_in_force
    assert found.split == "folds"

    with opened_latest_run(bank.settings, "texts", "staging") as run:
        again = read_texts(run)
    assert again.figures["scored"] == N + 5
    labels = bank.rows("ml.text_labels")
    assert {row["model_version"].partition("+")[0] for row in labels} == {found.version}
    right = [row["best_label"] == truth[row["text_id"]] for row in labels]
    assert np.mean(right) > 0.95
    lost = next(row for row in labels if row["label"] == "lost_card")
    told = [lost[name] for name in ("need", "answer_within_hours", "is_complaint")]
    assert told == ["new_card", 2, True]
    models = {row["model_version"]: row["status"] for row in bank.rows("ml.models", "texts")}
    assert models == {
        found.version: "champion", by_lot.version: "challenger", by_lot.in_force: "retired",
    }  # fmt: skip
    assert verdicts_of(bank) == {"most_frequent": "better", "in_force": "not_judged"}
