"""Label files: read as people write them, refused with the place and the nearest word."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_tasks.errors import ProfileError, RunStateError
from crm_tasks.profiles import Texts
from crm_tasks.text.own_labels import read_label_file, understood
from crm_tasks.text.taxonomy import SHOP, Taxonomy

TEXTS = pa.Table.from_pylist([
    {"text_id": "messages:shop:m1", "masked_text": "Broken", "language_code": "en",
     "written_at": dt.datetime(2024, 5, 2)},  # noqa: DTZ001 (UTC without a zone)
    {"text_id": "messages:shop:m2", "masked_text": "坏了", "language_code": "zh",
     "written_at": dt.datetime(2024, 5, 1)},  # noqa: DTZ001
    {"text_id": "messages:shop:m3", "masked_text": "Kaputt", "language_code": "other",
     "written_at": None},
])  # fmt: skip


def read(tmp_path, content, name="labels.csv"):
    file = tmp_path / name
    file.write_bytes(content.encode())
    return read_label_file(file)


def test_a_filled_in_queue_is_read_and_blanks_are_counted(tmp_path):
    given = read(
        tmp_path,
        '\ufefftext_id,label,best_label,masked_text\nmessages:shop:m1, defect ,price,"a,\nb"\n'
        "messages:shop:m2,,price,x\nmessages:shop:m3,defect,price,x\n",
    )
    own = understood(given, TEXTS, SHOP)
    assert (own.text_ids, own.labels) == (["messages:shop:m1"], ["defect"])
    assert (own.n_blank, own.n_unread) == (1, 1)


def test_parquet_says_the_same_and_the_earliest_text_comes_first(tmp_path):
    rows = pa.table({"label": ["defect", "refund"], "text_id": TEXTS["text_id"][:2]})
    pq.write_table(rows, tmp_path / "labels.parquet")
    own = understood(read_label_file(tmp_path / "labels.parquet"), TEXTS, SHOP)
    assert own.labels == ["refund", "defect"]
    assert own.texts == ["坏了", "Broken"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text_id,lable\nmessages:shop:m1,defect\n", "no column 'label'.*did you mean 'lable'"),
        ("text_id,label\nmessages:shop:m1,defekt\n",
         "labels.csv, row 2: no intent 'defekt' .1 rows.; did you mean 'defect'.*texts.intents"),
        ("text_id,label\n\nmessages:shop:m9,defect\n", "no text 'messages:shop:m9'.*did you mean"),
        ("text_id,label\nmessages:shop:m1,defect\nmessages:shop:m1,refund\n",
         "row 3: messages:shop:m1 is 'refund' here and 'defect' above"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused_with_its_place(tmp_path, content, said):
    with pytest.raises(RunStateError, match=said):
        understood(read(tmp_path, content), TEXTS, SHOP)


def test_a_file_that_is_none_or_cannot_be_read_is_told(tmp_path):
    with pytest.raises(RunStateError, match="no such file"):
        read_label_file(tmp_path / "none.csv")
    with pytest.raises(RunStateError, match="cannot be read as Parquet"):
        read(tmp_path, "text_id,label\n", "labels.parquet")
    with pytest.raises(RunStateError, match="cannot be read as CSV"):
        read(tmp_path, "text_id,label\na\nb,c,d\n")


def test_words_of_agents_stand_for_intents_and_own_intents_have_facts():
    said = Texts.model_validate({
        "intents": {"lost_card": {"topic": "cards", "is_complaint": True, "answer_within_hours": 3}},
        "labels": {"Karte weg": "lost_card"},
    })  # fmt: skip
    own = Taxonomy.of(said, "profile bank")
    assert own.labels["Karte weg"] == own.labels["lost_card"] == "lost_card"
    assert own.facts_of("lost_card").answer_within_hours == 3
    assert own.facts_of("defect") == SHOP.facts_of("defect")
    assert own.digest
    assert not Taxonomy.of(Texts(), "profile shop").digest


def test_a_word_that_stands_for_no_intent_is_refused():
    said = Texts.model_validate({"labels": {"kaputt": "defekt"}})
    with pytest.raises(ProfileError, match=r"bank: texts.labels.kaputt.*did you mean 'defect'"):
        Taxonomy.of(said, "profile bank")
