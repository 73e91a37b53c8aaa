"""One linkage judged against its truth: a planted company, or a public benchmark of people.

``python -m benchmarks.linkage_trial planted --size M --seed 7`` and
``python -m benchmarks.linkage_trial public --folder FOLDER --dataset 4`` print figures as JSON.
The code that links is the product's own; the truth is looked at only afterwards.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from crm_tasks.identity.ids import number_records, start_of
from crm_tasks.identity.inputs import PLAIN, VAULTED, Inputs
from crm_tasks.identity.params import IdentityParams
from crm_tasks.identity.resolve import resolve
from crm_tasks.planted.company import SIZES, Company
from crm_tasks.planted.records import SYSTEMS, known_records
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Sequence

AS_OF = dt.date(2025, 1, 1)
KNOWN = dt.datetime.fromisoformat("2024-01-01 00:00:00")
KEYS = b"0123456789abcdef0123456789abcdef", b"fedcba9876543210fedcba9876543210"
WHOLE = {"record_no", "landing_sequence", "birth_year"}
MOMENTS = {"known_at", "registered_at"}
ENGINE_MEMORY = "2GB"
#: Fields of the public benchmark as ours; the number of social security is not among them.
PUBLIC = {
    "given_name": "given_name", "surname": "family_name", "suburb": "city",
    "postcode": "postal_code", "state": "region", "date_of_birth": "birth_date",
}  # fmt: skip
FILES = {1: ("dataset1.csv",), 4: ("dataset4a.csv", "dataset4b.csv")}

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Quality:
    """Precision and recall over pairs of records of one person."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def planted_records(company: Company) -> pd.DataFrame:
    """Return all records of a planted company, with the person behind each as ``truth``."""
    blocks = []
    for system in SYSTEMS:
        for number in range(company.n_blocks):
            known = known_records(company, system, number)
            name = "display_name" if system == "social" else "full_name"
            columns = {
                "customer_source_id": known.ids(), name: known.names(), "email": known.emails(),
                "phone": known.phones(), "birth_date": known.birth_dates(),
                "address": known.addresses(), "city": known.people.cities(),
                "truth": known.person, "is_chinese": known.people.is_zh,
            }  # fmt: skip
            blocks.append(pd.DataFrame(columns).assign(source_system=system))
    return pd.concat(blocks, ignore_index=True)


def public_records(folder: Path, dataset: int) -> pd.DataFrame:
    """Return the records of a data set of Febrl, with the number in its key as ``truth``.

    Christen (2008), Febrl: an open source data cleaning, deduplication and record linkage system.
    """
    parts = []
    for number, name in enumerate(FILES[dataset]):
        rows = pd.read_csv(folder / name, dtype=str, skipinitialspace=True).fillna("")
        birth = rows.date_of_birth.str.replace(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", regex=True)
        street = rows.street_number + " " + rows.address_1 + " " + rows.address_2
        fields = rows[list(PUBLIC)].rename(columns=PUBLIC)
        parts.append(
            fields.assign(
                birth_date=birth,
                address=street.str.split().str.join(" "),
                source_system=f"file{number}",
                customer_source_id=rows.rec_id,
                truth=rows.rec_id.str.extract(r"rec-(\d+)-", expand=False).astype(int),
            )
        )
    return pd.concat(parts, ignore_index=True)


def inputs_of(rows: pd.DataFrame) -> Inputs:
    """Return what the linkage reads of records that lie in ``rows``; each source is one batch."""
    order = {system: number + 1 for number, system in enumerate(rows.source_system.unique())}
    landed = rows.source_system.map(order) + rows.get("later", 0)
    references = pa.table(
        {
            "source_system": pa.array(rows.source_system, pa.string()),
            "customer_source_id": pa.array(rows.customer_source_id, pa.string()),
            "first_known_at": pa.repeat(pa.scalar(KNOWN, pa.timestamp("us")), len(rows)),
            "first_landing_sequence": pa.array(landed, pa.int64()),
        }
    )
    records = number_records(references, AS_OF)
    place = {key: number for number, key in enumerate(records["record_key"].to_pylist())}
    keys = rows.source_system + ":" + rows.customer_source_id
    told = rows.assign(record=keys.map(place), landing_sequence=landed).sort_values("record")
    told["record_no"] = np.arange(1, len(told) + 1)
    columns = {"record": pa.chunked_array([pa.array(told.record, pa.int64())])}
    for name in (*PLAIN, *VAULTED):
        columns[name] = pa.chunked_array([_column(told, name)])
    return Inputs(
        records=records, described=pa.table(columns), key=KEYS[0], token_key=KEYS[1], as_of=AS_OF,
        moment=start_of(AS_OF, "UTC"), trust={}, date_formats={},
    )  # fmt: skip


def _column(rows: pd.DataFrame, name: str) -> pa.Array:
    if name in MOMENTS:
        return pa.repeat(pa.scalar(KNOWN, pa.timestamp("us")), len(rows))
    if name == "batch_id":
        return pa.repeat("b1", len(rows))
    if name in WHOLE:
        return pa.array(rows[name], pa.int64()) if name in rows else pa.nulls(len(rows), pa.int64())
    if name not in rows:
        return pa.nulls(len(rows), pa.string())
    return pa.array([text or None for text in rows[name].fillna("")], pa.string())


def quality(found: Labels, truth: Labels) -> Quality:
    """Return precision and recall of clusters over pairs of records.

    >>> quality(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]))
    Quality(precision=0.3333333333333333, recall=0.5)
    """
    both = _n_pairs(np.stack([found, truth], axis=1))
    ours, true = _n_pairs(found[:, None]), _n_pairs(truth[:, None])
    return Quality(both / ours if ours else 1.0, both / true if true else 1.0)


def _n_pairs(rows: npt.NDArray[Any]) -> float:
    _, counts = np.unique(rows, axis=0, return_counts=True)
    return float((counts * (counts - 1.0) / 2).sum())


def groups_of(rows: pd.DataFrame, columns: Sequence[str]) -> Labels:
    """Return clusters of records that agree in any of these columns, empty values apart."""
    from crm_tasks.identity.clusters import components

    left, right = [], []
    for column in columns:
        given = rows[rows[column].fillna("") != ""]
        first = given.groupby(column).cumcount() == 0
        head = given[first].set_index(column).index
        heads = pd.Series(np.flatnonzero(rows.index.isin(given[first].index)), index=head)
        left.append(heads.reindex(given[column]).to_numpy())
        right.append(given.index.to_numpy())
    return components(np.concatenate(left), np.concatenate(right), len(rows))


def fair_scores(rows: pd.DataFrame) -> Labels:
    """Return clusters by the usual hand-made score: 2 of 4 fields after blocking on three.

    This is how the tutorials of record linkage packages do it; every field weighs the same.
    """
    from crm_tasks.identity.clusters import components

    plain = pd.DataFrame(
        {
            "name": rows.full_name.fillna(rows.get("display_name")).str.lower(),
            "email": rows.email.str.lower(),
            "phone": rows.phone.str.replace(r"\D", "", regex=True).str[-9:],
            "birth_date": rows.birth_date,
        }
    ).fillna("")
    pairs = set()
    for column in ("name", "email", "phone"):
        given = plain[plain[column] != ""]
        for members in given.groupby(column).indices.values():
            numbers = given.index.to_numpy()[members]
            if len(numbers) <= 30:
                pairs |= {(a, b) for n, a in enumerate(numbers) for b in numbers[n + 1 :]}
    left, right = (np.array(side, dtype=np.int64) for side in zip(*sorted(pairs), strict=True))
    score = sum(
        (plain[c].to_numpy()[left] == plain[c].to_numpy()[right])
        & (plain[c].to_numpy()[left] != "")
        for c in plain
    )
    sure = np.asarray(score) >= 2
    return components(left[sure], right[sure], len(rows))


def link(rows: pd.DataFrame, regions: tuple[str, ...], threads: int) -> dict[str, Any]:
    """Link records with the shipped thresholds and return labels in their order, and the cost."""
    inputs = inputs_of(rows)
    begun = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        scratch(Home(Path(folder)), ENGINE_MEMORY, {}, threads) as engine,
    ):
        found = resolve(engine, inputs, IdentityParams(regions=regions))
    took = time.perf_counter() - begun
    names = inputs.records["record_key"].to_pylist()
    label = dict(zip(names, found.verdicts.label.tolist(), strict=True))
    keys = rows.source_system + ":" + rows.customer_source_id
    return {
        "label": keys.map(label).to_numpy(),
        "n_scored": found.pairs.num_rows,
        "duration_s": round(took, 1),
    }


def judge_planted(size: Any, seed: int, threads: int) -> dict[str, Any]:
    """Return the figures of a planted company, by source and script, and of naive recipes."""
    rows = planted_records(Company(size, seed))
    done = link(rows, ("CN", "GB"), threads)
    label, truth = done.pop("label"), rows.truth.to_numpy()
    parts = {system: rows.source_system == system for system in SYSTEMS}
    parts |= {"chinese": rows.is_chinese, "latin": ~rows.is_chinese}
    fields = ("full_name", "birth_date", "email", "phone", "address")
    exact = rows[list(fields)].fillna("").agg("\x1f".join, axis=1)
    return {
        "n_records": len(rows), "n_persons": int(rows.truth.nunique()),
        "n_found": len(np.unique(label)),
        **done,
        "ours": _told(quality(label, truth)),
        "parts": {name: _told(quality(label[which], truth[which]))
                  for name, which in ((n, np.asarray(w)) for n, w in parts.items())},
        "drop_duplicates": _told(quality(pd.factorize(exact)[0], truth)),
        "exact_email_or_phone": _told(quality(groups_of(rows, ("email", "phone")), truth)),
        "hand_made_score": _told(quality(fair_scores(rows), truth)),
    }  # fmt: skip


def judge_public(folder: Path, dataset: int, threads: int) -> dict[str, Any]:
    """Return the figures of a public data set."""
    rows = public_records(folder, dataset)
    done = link(rows, ("AU",), threads)
    found = quality(done.pop("label"), rows.truth.to_numpy())
    return {"n_records": len(rows), **done, "ours": _told(found), "f1": round(found.f1, 5)}


def _told(found: Quality) -> list[float]:
    return [round(found.precision, 5), round(found.recall, 5)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of one trial as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    planted = kinds.add_parser("planted")
    planted.add_argument("--size", choices=sorted(SIZES), default="S")
    planted.add_argument("--seed", type=int, required=True)
    public = kinds.add_parser("public")
    public.add_argument("--folder", type=Path, required=True)
    public.add_argument("--dataset", type=int, choices=sorted(FILES), required=True)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args(arguments)
    if given.kind == "planted":
        told = judge_planted(given.size, given.seed, given.threads)
    else:
        told = judge_public(given.folder, given.dataset, given.threads)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
