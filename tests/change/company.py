"""A company that lands three times: a shop's history with a lag, and a live system.

``shop`` knows facts with their event and has all of them two days later (`event`, `lag_days: 2`);
``live`` counts them as known when they land. Both send what is new, and late rows, corrections and
deletions with it; the live customer list comes whole each time. All of what a later landing changes
about the past keeps what its source promises, so a date that is over stays as it was.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq
import yaml

from tests.flow.small_company import write_small_company

#: When each landing happens, and the dates that are run after the second and the third.
LANDED_AT = tuple(dt.datetime(2024, 6, day, 12) for day in (10, 12, 14))  # noqa: DTZ001 (UTC)
AS_OF = tuple(dt.date(2024, 6, day) for day in (13, 15))
SYSTEMS = ("shop", "live")
#: What only the third landing knows: no date before it may.
CANARY = "seen-only-later"
APPENDED = ("orders", "lines")
#: The rest of the small company says nothing about this.
TABLES = ("customers", "products", *APPENDED, "campaigns", "mailings", "coupons", "redemptions")


class Company:
    """Its files below a folder; each landing adds to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for number, system in enumerate(SYSTEMS):
            write_small_company(folder / f"made-{system}", seed=7 + number)
        self.profile = folder / "company.yml"
        self.profile.write_text(yaml.safe_dump(_profile(), sort_keys=False), encoding="utf-8")

    def data(self, system: str) -> Path:
        """Return the folder a source is read from."""
        return self.folder / system

    def land(self, landing: int) -> None:
        """Write what arrives with a landing, 0 to 2."""
        for system in SYSTEMS:
            self.data(system).mkdir(exist_ok=True)
            made = self.folder / f"made-{system}" / "data"
            if landing == 0:
                for name in ("campaigns.csv", "mailings.csv", "redemptions.csv"):
                    (self.data(system) / name).write_bytes((made / name).read_bytes())
                for name in ("products.parquet", "coupons.parquet"):
                    pq.write_table(pq.read_table(made / name), self.data(system) / name)
            for table in APPENDED:
                self._append(system, table, landing)
            self._write_customers(system, landing)

    def _append(self, system: str, table: str, landing: int) -> None:
        header, rows = self._made(system, table)
        ordered = header.index("ordered")
        first = LANDED_AT[landing - 1].isoformat(" ") if landing else ""
        last = LANDED_AT[landing].isoformat(" ")
        new = [[*row, "booked"] for row in rows if first <= row[ordered] < last]
        new += CHANGES.get((system, table, landing), [])
        path = self.data(system) / f"{table}-{landing + 1}.csv"
        _write(path, [*header, "state"], new, ";" if table == "lines" else ",")

    def _made(self, system: str, table: str) -> tuple[list[str], list[list[str]]]:
        made = self.folder / f"made-{system}" / "data"
        paths = sorted(made.glob("lines-*.csv")) if table == "lines" else [made / f"{table}.csv"]
        delimiter = ";" if table == "lines" else ","
        texts = [path.read_text(encoding="utf-8").splitlines() for path in paths]
        read = [list(csv.reader(lines, delimiter=delimiter)) for lines in texts]
        return read[0][0], [row for rows in read for row in rows[1:]]

    def _write_customers(self, system: str, landing: int) -> None:
        if system == "shop" and landing:
            return
        header, rows = self._made(system, "customers")
        changed = LIVE_CUSTOMERS.get(landing, {}) if system == "live" else {}
        age = header.index("age")
        kept = [row for row in rows if changed.get(row[0]) != "gone"]
        for row in kept:
            row[age] = changed.get(row[0], row[age])
        _write(self.data(system) / "customers.csv", header, kept)


#: What becomes of live customers at a landing: a new age band, or gone from the list.
LIVE_CUSTOMERS = {
    1: {"K004": "gone", "K005": "65+"},
    2: {"K004": "gone", "K005": CANARY, "K006": "65+"},
}
NEW_AT_THE_LAST = {"K005", "K006"}
#: Rows that arrive beside what is new. Order 1 of each system is of the first of January.
CHANGES: dict[tuple[str, str, int], list[list[str]]] = {
    # Late, corrected and deleted, each within the lag.
    ("shop", "orders", 1): [
        ["O8001", "K001", "2024-06-10 08:00:00", "", "booked"],
        ["O8002", "K002", "2024-06-12 10:00:00", "", "booked"],
    ],
    ("shop", "lines", 1): [
        ["O8001", "1", "K001", "2024-06-10 08:00:00", "P001", "2", "3.00", "booked"],
        ["O8002", "1", "K002", "2024-06-12 10:00:00", "P002", "1", "4.00", "booked"],
        ["O8002", "2", "K002", "2024-06-12 10:00:00", "P003", "1", "4.00", "booked"],
    ],
    ("shop", "lines", 2): [
        ["O8002", "1", "K002", "2024-06-12 10:00:00", "P002", "1", "5.00", "booked"],
        ["O8002", "2", "", "", "", "", "", "void"],
    ],
    # A live system says at any time what it likes about any day.
    ("live", "orders", 2): [["O9001", "K003", "2024-01-15 10:00:00", "", "booked"]],
    ("live", "lines", 2): [
        ["O9001", "1", "K003", "2024-01-15 10:00:00", "P003", "1", "7.00", "booked"],
        ["O0001", "1", "K000", "2024-01-02 10:00:00", "P001", "1", "123.45", "booked"],
        ["O0002", "1", "", "", "", "", "", "void"],
    ],
}


def _profile() -> dict[str, object]:
    told = yaml.safe_load((Path(__file__).parents[1] / "flow/small_company.yml").read_text())
    source = told["sources"][0]
    told |= {"profile": "change", "sources": [_source(source, system) for system in SYSTEMS]}
    del told["default_as_of"], told["dry_run_only"]
    return dict(told)


def _source(source: dict[str, object], system: str) -> dict[str, object]:
    rules = {"shop": {"rule": "event", "lag_days": 2}, "live": {"rule": "landing"}}
    made = yaml.safe_load(yaml.safe_dump(source))
    made |= {"source_system": system, "root": system, "known_at": rules[system]}
    made["tables"] = [table for table in made["tables"] if table["name"] in TABLES]
    for table in made["tables"]:
        if table["name"] in APPENDED:
            table["files"] = f"{table['name']}-*.csv"
            table["columns"]["state"] = "plain"
            table["deleted_when"] = {"column": "state", "is_in": ["void"]}
        if table["name"] == "customers":
            # The same invented people shop in both; here each record is a customer of its own.
            for feed in table["feeds"]:
                del feed["map"]["email_token"]
            if system == "live":
                table["load"] = "full"
    return dict(made)


def _write(path: Path, header: list[str], rows: list[list[str]], delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerows([header, *rows])
