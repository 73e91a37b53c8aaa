"""A language model in a run of the real steps: whose texts leave, in which words, what for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from crm_tasks.contracts import find_table
from crm_tasks.settings import load_settings
from crm_tasks.steps.attempt import Attempt
from crm_tasks.steps.between_runs import opened_latest_run
from crm_tasks.steps.runner import run_all
from crm_tasks.steps.text import TABLES, read_texts
from crm_tasks.steps.text_inputs import clear_texts, list_texts
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.ledger import Ledger
from crm_tasks.warehouse.tables import read_table
from tests.connectors.chats import chat_server

if TYPE_CHECKING:
    from crm_tasks.settings import Settings

pytestmark = pytest.mark.slow

PROFILE = """
profile: hotline
title: A hotline that asks a language model
provenance: Made by tests/steps/test_texts_asked.py
time_zone: UTC
currency_code: EUR
default_as_of: 2024-07-01
is_synthetic: true
uses_demo_key: true
dry_run_only: true
contact: {{channels: [email]}}
texts:
  language_model: {{url: "{url}", model: small, token: CRM_SECRET_MODEL, purpose: text_analysis}}
sources:
  - source_system: desk
    root: .
    known_at: {{rule: event}}
    tables:
      - name: customers
        files: customers.csv
        format: csv
        columns: {{no: plain, name: {{identifying: name}}, email: {{identifying: email}}}}
        feeds:
          - entity: customers
            map:
              customer_source_id: no
              customer_type: {{constant: individual}}
              full_name_token: name_token
              email_token: email_token
      - name: consents
        files: consents.csv
        format: csv
        columns: {{id: plain, customer: plain, purpose: plain, status: plain, at: plain}}
        feeds:
          - entity: consents
            map:
              consent_source_id: id
              customer_source_id: customer
              purpose: purpose
              status: status
              occurred_at: at
      - name: messages
        files: messages-*.jsonl
        format: jsonl
        columns: {{id: plain, customer: plain, at: plain, text: {{identifying: text}}}}
        feeds:
          - entity: messages
            map:
              message_source_id: id
              customer_source_id: customer
              channel: {{constant: email}}
              direction: {{constant: in}}
              sent_at: at
              text_token: text_token
"""
NAMES = ("Zephra Quexby", "Quillon Zwartmoor", "Brynja Thornquist", "Wendelin Oxenstierna")
#: Of four customers the first and the last agreed; the second never, the third no longer.
CONSENTS = ((0, "granted", 2), (2, "granted", 2), (2, "withdrawn", 3), (3, "granted", 2))
AGREED = (0, 3)
VAGUE = "I am writing to you once more about the same matter, case {n}."
CLEAR = "Where is my parcel {n}? It should have come yesterday."
#: The first consenting customer's text is answered; what is said of the other's names no intent.
ANSWERS = ("Refund.", "I cannot tell, sorry")


@dataclass(frozen=True)
class Hotline:
    """What the run wrote, what the server was sent, and what the text step told."""

    settings: Settings
    tables: dict[str, dict[str, dict[str, object]]]
    asked: list[dict[str, object]]
    message: str

    def rows(self, table):
        return self.tables[table]


def tables_of(settings):
    """Return the rows the run's text step has written, by table and text."""
    home = Home(settings.home_path)
    run_id = Ledger(home.ops_file).find_run_like("last")["run_id"]
    rows = {name: read_table(home, find_table(name), run_id).to_pylist() for name in TABLES}
    return {name: {row["text_id"]: row for row in told} for name, told in rows.items()}


def write_company(folder):
    people = "".join(f"K{n},{name},p{n}@example.org\n" for n, name in enumerate(NAMES))
    (folder / "customers.csv").write_text(f"no,name,email\n{people}", encoding="utf-8")
    agreed = "".join(
        f"c{at},K{n},text_analysis,{status},2024-0{month}-01 10:00:00\n"
        for at, (n, status, month) in enumerate(CONSENTS)
    )
    (folder / "consents.csv").write_text(f"id,customer,purpose,status,at\n{agreed}", "utf-8")
    for part, words in enumerate((VAGUE, CLEAR)):  # two files: two landed batches
        lines = [
            {
                "id": f"m{part}{n}", "customer": f"K{n}", "at": f"2024-05-1{n} 10:00:00",
                "text": f"{words.format(n=f'{part}{n}')} {name}, p{n}@example.org",
            }
            for n, name in enumerate(NAMES)
        ]  # fmt: skip
        told = "".join(json.dumps(line) + "\n" for line in reversed(lines))
        (folder / f"messages-{part}.jsonl").write_text(told, encoding="utf-8")


@pytest.fixture(scope="module")
def hotline(tmp_path_factory):
    """Return the company after a run to its texts; the server that answered has gone since."""
    folder = tmp_path_factory.mktemp("hotline")
    write_company(folder)
    profile = folder / "hotline.yml"
    with pytest.MonkeyPatch.context() as patch, chat_server(ANSWERS) as (url, asked):
        patch.setenv("CRM_SECRET_MODEL", "sesame")
        profile.write_text(PROFILE.format(url=url), encoding="utf-8")
        attempt = Attempt("r1", str(profile), str(folder / "home"), "2024-07-01")
        last = run_all(attempt, until="texts")[-1]
    settings = load_settings(home=folder / "home", profile=str(profile))
    return Hotline(settings, tables_of(settings), asked, last["message"])


def doubtful(n):
    return f"messages:desk:m0{n}"


def test_masked_texts_of_those_who_agreed_left_the_house_and_nothing_else(hotline):
    sent = [json.loads(one["messages"][1]["content"])["message"] for one in hotline.asked]
    assert sent == [f"{VAGUE.format(n=f'0{n}')} [name], [email]" for n in AGREED]
    assert {one["key"] for one in hotline.asked} == {"Bearer sesame"}
    everything = json.dumps(hotline.asked)
    assert not [word for name in NAMES for word in name.split() if word in everything]
    assert "@example.org" not in everything


def test_every_message_in_doubt_has_a_row_that_says_what_came_of_it(hotline):
    answers = hotline.rows("text.language_model_answers")
    assert {key: (row["outcome"], row["label"]) for key, row in answers.items()} == {
        doubtful(0): ("answered", "refund"), doubtful(1): ("no_consent", None),
        doubtful(2): ("no_consent", None), doubtful(3): ("no_intent", None),
    }  # fmt: skip
    assert hotline.message.endswith("1 answered, 2 no_consent, 1 no_intent")


def test_an_answer_is_the_label_without_a_probability_and_names_its_model(hotline):
    labels = dict(hotline.rows("ml.text_labels"))
    told = labels.pop(doubtful(0))
    assert (told["label"], told["need"], told["probability"]) == ("refund", "refund", None)
    assert told["needs_answer"]
    asked = hotline.rows("text.language_model_answers")[doubtful(0)]["asked"]
    assert asked.startswith("small:")
    assert told["model_version"].endswith(f"+{asked}")
    assert len(labels) == 2 * len(NAMES) - 1
    assert not [key for key, row in labels.items() if "small" in row["model_version"]]
    unsure = {key for key, row in labels.items() if row["label"] is None}
    assert unsure == {doubtful(n) for n in (1, 2, 3)}


def test_each_text_has_its_own_words_whatever_the_order_of_the_list(hotline):
    with opened_latest_run(hotline.settings, "texts", "staging") as run:
        listed = list_texts(run)
        mixed = listed.take(np.random.default_rng(5).permutation(listed.num_rows))
        parts = [(own["text_id"].to_pylist(), clear.to_pylist())
                 for own, clear in clear_texts(run, mixed)]  # fmt: skip
        assert not list(clear_texts(run, listed.slice(0, 0)))
    assert [len(own) for own, _ in parts] == [4, 4]
    told = {key: text for own, clear in parts for key, text in zip(own, clear, strict=True)}
    assert told == {
        f"messages:desk:m{part}{n}": f"{words.format(n=f'{part}{n}')} {name}, p{n}@example.org"
        for part, words in enumerate((VAGUE, CLEAR))
        for n, name in enumerate(NAMES)
    }


def test_a_dead_server_leaves_the_run_whole(hotline, monkeypatch):
    monkeypatch.setenv("CRM_SECRET_MODEL", "sesame")
    with opened_latest_run(hotline.settings, "texts", "staging") as run:
        report = read_texts(run)
    assert report.message.endswith("2 no_consent, 2 unavailable")
    now, before = tables_of(hotline.settings), hotline.tables
    assert now["text.masked_texts"] == before["text.masked_texts"]
    told, labels = before["ml.text_labels"][doubtful(0)], now["ml.text_labels"]
    assert labels == before["ml.text_labels"] | {doubtful(0): labels[doubtful(0)]}
    assert (told["label"], labels[doubtful(0)]["label"]) == ("refund", None)
