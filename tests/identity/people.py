"""Records of invented people as identity reads them: a few written by hand, or a planted block."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.frames import Scratch  # noqa: TC001 (used by annotations at run time)
from crm_tasks.identity.ids import number_records, start_of
from crm_tasks.identity.inputs import PLAIN, VAULTED, Inputs
from crm_tasks.identity.model import Household, IdentityModel, value_digest
from crm_tasks.identity.params import IdentityParams
from crm_tasks.identity.resolve import Resolution, resolve
from crm_tasks.planted.company import Company
from crm_tasks.planted.records import SYSTEMS, known_records
from crm_tasks.privacy.tokens import tokenise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

AS_OF = dt.date(2024, 7, 1)
KNOWN = dt.datetime.fromisoformat("2024-01-01 00:00:00")
KEY, TOKEN_KEY = b"0123456789abcdef0123456789abcdef", b"fedcba9876543210fedcba9876543210"
PARAMS = IdentityParams(regions=("CN", "GB"))
TYPES = {
    "record_no": pa.int64(), "landing_sequence": pa.int64(), "birth_year": pa.int64(),
    "known_at": pa.timestamp("us"), "registered_at": pa.timestamp("us"),
}  # fmt: skip

#: What any company of strangers teaches, so that a handful of records can be judged by hand.
MODEL = IdentityModel(
    prior=1e-5,
    m={
        "name": (0.55, 0.38, 0.005, 0.005, 0.02, 0.01, 0.005, 0.002, 0.003, 0.003, 0.017),
        "email": (0.52, 0.02, 0.46),
        "phone": (0.53, 0.02, 0.45),
        "birth": (0.97, 0.005, 0.005, 0.01, 0.001, 0.009),
        "address": (0.9, 0.05, 0.01, 0.01, 0.01, 0.02),
        "area": (0.1, 0.01, 0.01, 0.85, 0.01, 0.01, 0.01),
    },
    u={
        "name": (2e-5, 1e-5, 4e-6, 2e-6, 8e-6, 4e-5, 7e-4, 2e-3, 1.4e-2, 1.2e-2, 0.97),
        "email": (2e-7, 2e-6, 1.0),
        "phone": (3e-7, 2e-6, 1.0),
        "birth": (7e-5, 1e-5, 1.4e-3, 3e-3, 1.5e-2, 0.98),
        "address": (1e-5, 2e-6, 3.5e-2, 3e-3, 0.14, 0.82),
        "area": (1e-6, 1e-6, 1e-6, 5e-2, 1e-6, 1e-6, 0.95),
    },
    household=Household(
        share=6e-6,
        names=(1e-9, 1e-9, 1e-9, 1e-9, 0.002, 0.002, 0.025, 0.003, 0.46, 0.015, 0.493),
        emails=(0.0016, 0.0001, 0.9983),
        phones=(0.0015, 0.0001, 0.9984),
        namesakes=(0.001, 0.016, 0.0001, 0.0001),
    ),
    n_persons=100_000,
    frequencies={
        "name_full": {value_digest(TOKEN_KEY, "name_full", "wang wei"): 300},
        "birth": {}, "city": {}, "postal": {},
    },
    rules=(
        ("{}email",), ("{}phone",), ("{}name_full", "{}city"), ("{}address",),
        ("{}birth", "{}city"), ("{}name_given", "{}city", "substr({}birth, 1, 4)"),
    ),
    n_records=250_000,
)  # fmt: skip


def inputs_of(rows: Sequence[Mapping[str, Any]], **more: Any) -> Inputs:
    """Return the inputs of records given as rows; ``key`` is ``system:id``, the rest as they say.

    Rows are landed in the order given.
    """
    references, described = [], []
    for number, row in enumerate(rows):
        system, _, record = str(row["key"]).partition(":")
        known = row.get("known_at", KNOWN)
        references.append((system, record, known, row.get("landing_sequence", number + 1)))
        told = {name: row.get(name) for name in (*PLAIN, *VAULTED)}
        told |= {"source_system": system, "customer_source_id": record, "batch_id": "b1"}
        sequence = row.get("landing_sequence", number + 1)
        told |= {"record_no": number + 1, "landing_sequence": sequence, "known_at": known}
        described.append(told)
    columns = zip(*references, strict=True)
    names = ("source_system", "customer_source_id", "first_known_at", "first_landing_sequence")
    table = pa.table(dict(zip(names, map(list, columns), strict=True)))
    records = number_records(table, AS_OF)
    place = {key: n for n, key in enumerate(records["record_key"].to_pylist())}
    ordered = sorted(
        ((place[f"{d['source_system']}:{d['customer_source_id']}"], d) for d in described),
        key=lambda pair: pair[0],
    )
    data = {
        name: pa.chunked_array(
            [pa.array([d[name] for _, d in ordered], TYPES.get(name, pa.string()))]
        )
        for name in (*PLAIN, *VAULTED)
    }
    numbers = pa.chunked_array([pa.array([n for n, _ in ordered], pa.int64())])
    given = Inputs(
        records=records,
        described=pa.table({"record": numbers, **data}),
        key=KEY,
        token_key=TOKEN_KEY,
        as_of=AS_OF,
        moment=start_of(AS_OF, "UTC"),
        trust={},
        date_formats={},
        model=MODEL,
    )
    return replace(given, **more)


def versions_of(inputs: Inputs) -> pa.Table:
    """Return the staged rows of the records: plain columns, and tokens for the values."""
    described = inputs.described
    tokens = {f"{name}_token": tokenise(described[name], "text", TOKEN_KEY)[0] for name in VAULTED}
    return pa.table({**{name: described[name] for name in PLAIN}, **tokens})


def persons_of(
    scratch: Callable[..., Scratch], rows: Sequence[Mapping[str, Any]], **more: Any
) -> list[set[str]]:
    """Return who is who among rows, by the names of the records."""
    inputs = inputs_of(rows, **more)
    return groups(inputs, resolve(scratch(), inputs, PARAMS))


def groups(inputs: Inputs, found: Resolution) -> list[set[str]]:
    """Return the clusters of a resolution as sets of record names."""
    keys = inputs.records["record_key"].to_pylist()
    by_label: dict[int, set[str]] = {}
    for key, label in zip(keys, found.verdicts.label.tolist(), strict=True):
        by_label.setdefault(label, set()).add(key)
    return sorted(by_label.values(), key=min)


# --- a planted block ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A thousand planted people in five systems, and who each record truly is."""

    rows: list[dict[str, Any]]
    person: dict[str, int]


def planted_block(seed: int, number: int = 0) -> Block:
    """Return the records of one block of a planted company."""
    company = Company("S", seed)
    rows, person = [], {}
    for system in SYSTEMS:
        known = known_records(company, system, number)
        cities = known.people.cities()
        columns = zip(
            known.ids().tolist(), known.names().tolist(), known.emails().tolist(),
            known.phones().tolist(), known.birth_dates().tolist(), known.addresses().tolist(),
            cities.tolist(), known.person.tolist(), strict=True,
        )  # fmt: skip
        name = "display_name" if system == "social" else "full_name"
        for record, full, email, phone, birth, address, city, who in columns:
            told = {name: full, "email": email, "phone": phone, "birth_date": birth,
                    "address": address, "city": city}  # fmt: skip
            key = f"{system}:{record}"
            rows.append({"key": key, "landing_sequence": SYSTEMS.index(system) + 1,
                         **{field: value or None for field, value in told.items()}})  # fmt: skip
            person[key] = who
    return Block(rows, person)


def quality(inputs: Inputs, found: Resolution, person: Mapping[str, int]) -> tuple[float, float]:
    """Return precision and recall over pairs of records of one person."""
    truth = np.array([person[key] for key in inputs.records["record_key"].to_pylist()])
    label = found.verdicts.label
    both = _pairs(np.stack([label, truth], axis=1))
    return both / _pairs(label[:, None]), both / _pairs(truth[:, None])


def _pairs(rows: np.ndarray) -> float:
    _, counts = np.unique(rows, axis=0, return_counts=True)
    return float((counts * (counts - 1) / 2).sum())
