"""What is left of landed rows without a person: what was said goes, sales stay as nobody's."""

from __future__ import annotations

import pyarrow as pa
import pytest

from crm_tasks.landing.erasure import Erased, record_digest, without_erased
from crm_tasks.profiles.tables import SourceTable

KEY = b"k" * 32
ANNE = Erased(KEY, frozenset({record_digest(KEY, "shop", "7")}))


def table_of(columns, *feeds):
    return SourceTable.model_validate(
        {"name": "rows", "files": "rows.csv", "format": "csv", "columns": columns,
         "feeds": list(feeds)}
    )  # fmt: skip


def rows_of(**columns):
    n = len(next(iter(columns.values())))
    return pa.table({**columns, "record_no": pa.array(range(1, n + 1), pa.int64())})


ORDERS = table_of(
    {"no": "plain", "buyer": "plain", "at": "plain", "note": {"identifying": "text"}},
    {"entity": "orders",
     "map": {"order_source_id": "no", "customer_source_id": "buyer", "ordered_at": "at"}},
)  # fmt: skip


def test_a_sale_stays_in_the_books_as_nobodys():
    rows = rows_of(
        no=["1", "2"], buyer=[" 7", "8"], at=["2024-01-01"] * 2, note_token=["t1", "t2"],
        note_status=["valid"] * 2,
    )  # fmt: skip
    left = without_erased(rows, ORDERS, "shop", ANNE)
    assert (left.gone, left.blanked) == (frozenset(), {1})
    assert left.rows["buyer"].to_pylist() == [None, "8"]
    assert left.rows["note_token"].to_pylist() == [None, "t2"]
    assert left.rows["note_status"].to_pylist() == ["empty", "valid"]


def test_the_same_number_in_another_source_is_somebody_else():
    rows = rows_of(no=["1"], buyer=["7"], at=["2024-01-01"], note_token=["t"], note_status=["v"])
    left = without_erased(rows, ORDERS, "till", ANNE)
    assert left.rows.equals(rows)


@pytest.mark.parametrize(
    ("entity", "mapped"),
    [
        ("customers", {"customer_source_id": "who"}),
        ("messages", {"message_source_id": "no", "customer_source_id": "who", "sent_at": "at"}),
        ("consents", {"consent_source_id": "no", "customer_source_id": "who", "channel": "at",
                      "status": "at", "occurred_at": "at"}),
    ],
)  # fmt: skip
def test_what_is_about_the_person_goes(entity, mapped):
    table = table_of(
        {"no": "plain", "who": "plain", "at": "plain"}, {"entity": entity, "map": mapped}
    )
    rows = rows_of(no=["1", "2"], who=["7", "8"], at=["x", "x"])
    left = without_erased(rows, table, "shop", ANNE)
    assert left.rows["who"].to_pylist() == ["8"]
    assert left.gone == {1}


POSTS = table_of(
    {"no": "plain", "who": "plain", "to": "plain", "named": "plain", "at": "plain",
     "said": {"identifying": "text"}},
    {"entity": "social_interactions",
     "map": {"interaction_source_id": "no", "platform": {"constant": "square"},
             "actor_source_id": "who", "target_source_id": "to", "mentioned_source_ids": "named",
             "occurred_at": "at", "text_token": "said_token"}},
)  # fmt: skip


def test_what_others_said_stays_without_the_name():
    rows = rows_of(
        no=["1", "2", "3"], who=["8", "7", "9"], to=["7", "8", None],
        named=['["7","8"]', "[]", "no array"], at=["x"] * 3, said_token=["a", "b", "c"],
        said_status=["valid"] * 3,
    )  # fmt: skip
    left = without_erased(rows, POSTS, "shop", ANNE).rows
    assert left["no"].to_pylist() == ["1", "3"]
    assert left["to"].to_pylist() == [None, None]
    assert left["named"].to_pylist() == ['["8"]', "no array"]
    assert left["said_token"].to_pylist() == ["a", "c"]


def test_a_firm_with_the_persons_number_is_no_person():
    table = table_of(
        {"one": "plain", "other": "plain", "is": "plain"},
        {"entity": "ties",
         "map": {"tie_source_id": {"concat": ["one", "other"]}, "tie_type": "is",
                 "from_type": {"constant": "customer"}, "from_source_id": "one",
                 "to_type": "is", "to_source_id": "other"}},
    )  # fmt: skip
    kinds = ["organization", "customer", "customer"]
    rows = rows_of(one=["8", "8", "7"], other=["7", "7", "9"], **{"is": kinds})
    left = without_erased(rows, table, "shop", ANNE)
    assert left.rows["is"].to_pylist() == ["organization"]
    assert left.gone == {2, 3}


def test_without_anybody_erased_nothing_is_looked_at():
    rows = rows_of(no=["1"])
    assert without_erased(rows, ORDERS, "shop", Erased(KEY)).rows is rows
