"""Clear addresses out of the vault, for the one process that is about to send to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from crm_tasks.contracts import find_table
from crm_tasks.privacy.keys import derived_key, home_secret
from crm_tasks.privacy.vault import Vault
from crm_tasks.warehouse.query import query_served
from crm_tasks.warehouse.tables import read_table
from crm_tasks.warehouse.vaulted import identifying_values

if TYPE_CHECKING:
    from collections.abc import Collection

    from crm_tasks.profiles import Profile
    from crm_tasks.settings import Settings
    from crm_tasks.warehouse.home import Home
    from crm_tasks.warehouse.ledger import Ledger

VERSIONS = (
    "source_system", "customer_source_id", "batch_id", "record_no", "landing_sequence",
    "reject_reason",
)  # fmt: skip
PUBLISHED = "select run_id from publications order by version desc limit 1"
#: The record whose value survived for the customer (identity.golden_field_sources).
GOLDEN = """
select customer_id, source_system || ':' || source_record_id as record_key
from identity.golden_field_sources
where field = $field
order by customer_id
"""


def addresses(
    settings: Settings,
    home: Home,
    ledger: Ledger,
    profile: Profile,
    field: str,
    customers: Collection[str],
) -> dict[str, str]:
    """Return the surviving address of each customer who has one; it is written nowhere.

    Parameters
    ----------
    field : {'email', 'phone', 'handle'}
        Kind of address.
    customers : collection of str
        Nobody else's address is returned.
    """
    run_id = str(ledger.store.rows(PUBLISHED)[0]["run_id"])
    golden = query_served(home, GOLDEN, {"field": field})
    asked = pc.is_in(golden["customer_id"], value_set=pa.array(sorted(customers), pa.string()))
    owners = dict(zip(*(golden.filter(asked)[c].to_pylist() for c in
                        ("record_key", "customer_id")), strict=True))  # fmt: skip
    place = _places(home, run_id, owners)
    batches = [b for b in ledger.batches_of_run(run_id)
               if b["batch_id"] in {batch for batch, _ in place}]  # fmt: skip
    vault = Vault(home.vault, derived_key(home_secret(settings, profile, home.key_file), "vault"))
    values = identifying_values(vault, profile, batches, "customers", (field,))
    return {
        owners[place[row["batch_id"], row["record_no"]]]: row[field]
        for row in values.to_pylist()
        if (row["batch_id"], row["record_no"]) in place and row[field]
    }


def _places(home: Home, run_id: str, owners: dict[str, str]) -> dict[tuple[str, int], str]:
    """Return where the accepted version of each record stands that landed last."""
    rows = read_table(home, find_table("staging.stg_customers"), run_id, VERSIONS)
    rows = rows.filter(pc.is_null(rows["reject_reason"]))
    order = [(name, "ascending") for name in ("landing_sequence", "record_no", "batch_id")]
    newest = {
        f"{row['source_system']}:{row['customer_source_id']}": (row["batch_id"], row["record_no"])
        for row in rows.sort_by(order).to_pylist()
    }
    return {newest[key]: key for key in owners if key in newest}
