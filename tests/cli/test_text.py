"""`crm text`: a queue to fill in, training that tells what it found, errors that name the place."""

from __future__ import annotations

import csv

import pyarrow.parquet as pq

from crm_tasks.cli import text


def test_the_queue_goes_to_a_file_that_training_takes(call, copied, company, tmp_path):
    out = tmp_path / "labels.csv"
    ended = call("text", "queue", "--out", out, "--home", copied.root)
    assert ended.code == 0, ended.err
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert {row["label"] for row in rows} == {""}
    assert all(row["text_id"].startswith("messages:shop:") for row in rows)
    assert not any("@" in row["masked_text"] for row in rows)
    shown = call("text", "queue", "--limit", 1, "--home", copied.root)
    assert rows[0]["text_id"] in shown.out
    assert call("text", "queue", "--out", tmp_path / "l.parquet", "--home", copied.root).code == 0
    assert pq.read_table(tmp_path / "l.parquet").num_rows == len(rows)

    ended = call("text", "train", out, "--profile", company.profile, "--home", copied.root)
    assert ended.code == 1
    assert "labels.csv: no row has a label" in ended.err


def test_tags_in_the_agents_own_words_are_refused_until_the_profile_knows_them(
    call, copied, company
):
    ended = call("text", "train", "--tags", "--profile", company.profile, "--home", copied.root)
    assert ended.code == 1
    assert "no intent 'delivery' (5 rows); did you mean 'late_delivery'?" in ended.err
    assert "texts.labels" in ended.err


def test_what_to_learn_from_is_said_once(call, tmp_path):
    for words in ((), ("labels.csv", "--tags")):
        ended = call("text", "train", *words, "--home", tmp_path)
        assert ended.code == 1
        assert "either a file of labels or --tags" in ended.err
    ended = call("text", "queue", "--out", tmp_path / "labels.xlsx", "--home", tmp_path)
    assert "ends in .csv or .parquet" in ended.err


def test_each_verb_has_a_line_of_help():
    assert [one.callback.__name__ for one in text.app.registered_commands] == ["queue", "train"]
    assert all(one.callback.__doc__ for one in text.app.registered_commands)


def test_help_teaches_the_four_steps(call):
    told = call("text", "--help").out
    for words in ("crm text queue --out", "crm text train labels.csv", "crm run", "texts.intents"):
        assert words in told
