"""Clear values come out of the vault by record, and only for columns a profile maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from crm_tasks.errors import ProfileError, RunStateError
from crm_tasks.privacy.vault import Vault
from crm_tasks.profiles import Profile
from crm_tasks.warehouse.vaulted import identifying_values, token_fields, values_beside

if TYPE_CHECKING:
    from collections.abc import Mapping


def profile_with(mapped: Mapping[str, object]) -> Profile:
    return Profile.model_validate({
        "profile": "p", "title": "t", "provenance": "made up", "time_zone": "UTC",
        "currency_code": "EUR", "contact": {"channels": ["email"]},
        "sources": [{
            "source_system": "crm", "root": ".", "known_at": {"rule": "event"},
            "tables": [{
                "name": "people", "files": "*.csv", "format": "csv", "null_tokens": ["", "n/a"],
                "columns": {"no": "plain", "mail": {"identifying": "email"},
                            "tel": {"identifying": "phone"}},
                "feeds": [{"entity": "customers", "map": {"customer_source_id": "no", **mapped}}],
            }],
        }],
    })  # fmt: skip


MAPPED = {"email_token": "mail_token", "phone_token": "tel_token"}
BATCH = {"source_system": "crm", "table_name": "people", "batch_id": "b1"}


@pytest.fixture
def vault(tmp_path) -> Vault:
    vault = Vault(tmp_path / "vault", b"k" * 32)
    for part, (numbers, mails) in enumerate((([1, 2], ["a@x", "n/a"]), ([5], ["c@x"]))):
        rows = pa.table({"record_no": pa.array(numbers, pa.int64()), "value": mails})
        vault.put(f"crm/people/batch=b1/mail/part-{part:05d}", rows)
    return vault


def test_values_stand_beside_the_number_of_their_record(vault):
    profile = profile_with({"email_token": "mail_token"})
    rows = identifying_values(vault, profile, [BATCH], "customers", ("email", "phone"))
    assert rows.to_pylist() == [
        {"batch_id": "b1", "record_no": 1, "email": "a@x", "phone": None},
        {"batch_id": "b1", "record_no": 2, "email": None, "phone": None},
        {"batch_id": "b1", "record_no": 5, "email": "c@x", "phone": None},
    ]


def test_a_batch_nobody_maps_gives_no_rows(vault):
    rows = identifying_values(vault, profile_with({}), [BATCH], "customers", ("email",))
    assert (rows.num_rows, rows.column_names) == (0, ["batch_id", "record_no", "email"])


def test_a_missing_column_is_named_without_any_value(vault):
    profile = profile_with(MAPPED)
    with pytest.raises(RunStateError, match="column tel of batch b1 is missing"):
        identifying_values(vault, profile, [BATCH], "customers", ("email", "phone"))


@pytest.mark.parametrize("mapping", ["no", "mail_status", {"constant": "x"}])
def test_a_field_for_tokens_takes_nothing_else(mapping):
    try:
        table = profile_with({"email_token": mapping}).sources[0].tables[0]
    except ValueError:
        return  # the profile itself may refuse it
    with pytest.raises(ProfileError, match=r"customers\.email_token"):
        token_fields(table.feeds[0], table)


def test_values_beside_an_entity_stand_once_mapped_or_not(vault):
    found = values_beside(vault, profile_with({}), [BATCH], "customers", ("email",))
    assert sorted(found["value"].to_pylist()) == ["a@x", "c@x"]
    assert values_beside(vault, profile_with({}), [BATCH], "orders", ("email",)).num_rows == 0
