"""Who lives together and works together is tied, and is not one customer for it."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from crm_tasks.contracts.identity import RELATIONS
from crm_tasks.contracts.table import check_rows
from crm_tasks.identity.relations import LARGEST_HOUSEHOLD, relation_rows

AS_OF = dt.date(2024, 7, 1)
COLUMNS = ("address", "phone", "email", "name_family", "email_domain", "company_key")
MAY, JUNE = dt.datetime(2024, 5, 1), dt.datetime(2024, 6, 1)  # noqa: DTZ001


@pytest.fixture
def relations(scratch):
    def relate(*rows: dict) -> list[dict]:
        told = [dict.fromkeys(COLUMNS) | {"known_at": MAY} | row for row in rows]
        table = pa.table({
            name: pa.array([row[name] for row in told],
                           pa.timestamp("us") if name == "known_at" else pa.string())
            for name in ("customer_id", "known_at", *COLUMNS)
        })  # fmt: skip
        return check_rows(RELATIONS, relation_rows(scratch(owned=table), AS_OF)).to_pylist()

    return relate


def test_people_at_one_address_share_a_household(relations):
    (one,) = relations(
        {"customer_id": "A", "address": "12 high st", "name_family": "rust"},
        {"customer_id": "B", "address": "12 high st", "name_family": "rust", "known_at": JUNE},
        {"customer_id": "C", "address": "14 high st", "name_family": "rust"},
    )
    assert (one["customer_id"], one["other_id"]) == ("A", "B")
    assert (one["evidence"], one["n_evidence"], one["confidence"]) == (
        "address+family_name",
        2,
        0.9,
    )
    assert one["first_evidence_at"] == JUNE


def test_more_evidence_makes_surer(relations):
    same = {"address": "12 high st", "phone": "+44", "name_family": "rust"}
    (one,) = relations({"customer_id": "A", **same}, {"customer_id": "B", **same})
    assert (one["evidence"], one["confidence"]) == ("address+phone+family_name", 0.95)


def test_a_phone_alone_may_be_recycled(relations):
    assert (
        relations({"customer_id": "A", "phone": "+44"}, {"customer_id": "B", "phone": "+44"}) == []
    )


def test_a_hall_is_no_household(relations):
    rows = [{"customer_id": f"C{n}", "address": "1 hall"} for n in range(LARGEST_HOUSEHOLD + 1)]
    assert relations(*rows) == []


def test_an_employer_is_stated_or_shown_by_the_mailbox(relations):
    staff = [{"customer_id": f"C{n}", "email_domain": "corp.example", "company_key": "northgate"}
             for n in range(3)]  # fmt: skip
    found = relations(*staff, {"customer_id": "D", "email_domain": "corp.example"})
    told = {row["customer_id"]: row for row in found}
    assert {row["other_id"] for row in found} == {"northgate"}
    assert (told["C0"]["evidence"], told["C0"]["confidence"]) == ("company+email_domain", 0.97)
    assert (told["D"]["evidence"], told["D"]["confidence"]) == ("email_domain", 0.7)


def test_everybodys_mail_provider_employs_nobody(relations):
    rows = [{"customer_id": f"C{n}", "email_domain": "mail.example", "company_key": f"firm{n}"}
            for n in range(6)]  # fmt: skip
    assert {row["evidence"] for row in relations(*rows)} == {"company"}
