"""Linking the planted company's records: exact e-mail or phone, and a fair rule with reasons.

The fair rule is a deliberate sketch, not the product's linkage: it shows that the truth can be
found with names in comparable script, birth date and address beside e-mail and phone.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crm_tasks.planted import lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Pair = tuple[int, int]
LARGEST_BLOCK = 30
ALIKE = 0.9
CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Record:
    """One record in comparable form; '' where the source has nothing."""

    id: tuple[str, str]
    name: str
    letters: str
    raw_email: str
    raw_phone: str
    birth: str
    address: str

    @property
    def email(self) -> str:
        return self.raw_email.lower()

    @property
    def phone(self) -> str:
        return national(self.raw_phone)

    @property
    def is_nickname(self) -> bool:
        return self.name in lexicon.NICKNAMES


def linkage_figures(sources: Path, key: Path) -> tuple[float, ...]:
    """Return recalls of exact matching (raw pairs; normalised, closed), then of the fair rule.

    Precision and recall of the fair rule, then the shares of namesakes, recycled phones and shared
    addresses among persons.
    """
    records = list(read_records(sources))
    person = _persons(records, key)
    true = _pairs(person)
    raw = _pairs([r.raw_email for r in records]) | _pairs([r.raw_phone for r in records])
    same = _pairs([r.email for r in records]) | _pairs([r.phone for r in records])
    closed = closure(same, len(records))
    fair = closure(fair_pairs(records), len(records))
    return (
        len(raw & true) / len(true),
        len(closed & true) / len(true),
        len(fair & true) / len(fair),
        len(fair & true) / len(true),
        *_traps(records, person, key),
    )


def _traps(records: list[Record], person: list[int], key: Path) -> tuple[float, float, float]:
    persons = pd.read_parquet(
        key / "persons.parquet", columns=["person", "household", "address_key"]
    )
    table = pd.DataFrame({
        "person": person, "letters": [r.letters for r in records],
        "phone": [r.phone for r in records], "is_name": [not r.is_nickname for r in records],
    })  # fmt: skip
    names = table[table.is_name].drop_duplicates(["letters", "person"])
    namesakes = names[names.duplicated("letters", keep=False)].person.nunique()
    home = persons.set_index("person").household
    phones = table[table.phone != ""].drop_duplicates(["phone", "person"])
    phones = phones.assign(home=home.reindex(phones.person).to_numpy())
    twice = phones.groupby("phone").home.transform("nunique") > 1
    halls = persons.groupby("address_key").household.transform("nunique") > 1
    n = table.person.nunique()
    return namesakes / n, phones[twice].person.nunique() / n, float(halls.mean())


# --- reading --------------------------------------------------------------------------------------


def read_records(sources: Path) -> Iterator[Record]:
    """Yield every customer record of the five systems; spoilt rows are left out."""
    columns = ("crm_id", "full_name", "email", "phone", "birth_date", "address", "city")
    yield from _from_csv(sources / "crm/customers.csv", "crm", columns)
    zh = ("客户编号", "姓名", "邮箱", "手机", "生日", "地址", "城市")
    yield from _from_csv(sources / "branch/customers_gbk.csv", "branch", zh, "gbk")
    shop = pd.read_parquet(sources / "shop/customers.parquet")
    names = ["customer_id", "name", "email", "phone", "birth_date", "address", "city"]
    for row in shop[names].itertuples(index=False):
        yield _record("shop", *row)
    with (sources / "social/profiles.json").open(encoding="utf-8") as file:
        for one in json.load(file)["profiles"]:
            values = (one["id"], one["display_name"], one["email"], one["phone"], one["birth_date"])
            yield _record("social", *(value or "" for value in values), "", one["city"])
    names = ["contact_id", "name", "email", "phone", "birth_date", "address", "city"]
    yield from _from_csv(sources / "support/contacts.csv", "support", tuple(names))


def _from_csv(
    path: Path, system: str, columns: tuple[str, ...], encoding: str = "utf-8"
) -> Iterator[Record]:
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        places = [header.index(name) for name in columns]
        seen = set()
        for row in reader:
            if len(row) == len(header) and row[places[0]] not in seen:
                seen.add(row[places[0]])
                yield _record(system, *(row[place] for place in places))


def _record(system: str, *values: Any) -> Record:
    number, name, email, phone, birth, address, city = values
    where = address
    for long, short in lexicon.SHORT_FORMS.items():
        where = where.replace(long, short)
    return Record(
        (system, number), name, letters_of(name), email, phone, birth.replace("/", "-"),
        where.replace(" ", "") + city if address else "",
    )  # fmt: skip


def letters_of(name: str) -> str:
    """Return a name's Latin letters in alphabetical order, whatever script and order it had."""
    bare = re.sub(r"^(Mr|Ms|Dr) ", "", name)
    if CHINESE.search(bare):
        bare = "".join(lexicon.PINYIN.get(sign, sign) for sign in bare)
    return "".join(sorted(re.sub("[^a-zü]", "", bare.lower())))


def national(phone: str) -> str:
    """Return a phone number's national digits."""
    digits = re.sub(r"\D", "", phone)
    if digits.startswith("44"):
        return "0" + digits[2:]
    return digits[2:] if digits.startswith("861") else digits


def _persons(records: list[Record], key: Path) -> list[int]:
    truth = pd.read_parquet(key / "records.parquet")
    known = dict(
        zip(
            zip(truth.source_system, truth.source_record_id, strict=True), truth.person, strict=True
        )
    )
    return [int(known[record.id]) for record in records]


# --- pairs ----------------------------------------------------------------------------------------


def _pairs(values: Iterable[Any]) -> set[Pair]:
    """Return pairs of places that hold the same value, '' apart; very common values are skipped."""
    places = defaultdict(list)
    for place, value in enumerate(values):
        if value != "":
            places[value].append(place)
    found: set[Pair] = set()
    for group in places.values():
        if 1 < len(group) <= LARGEST_BLOCK:
            found.update(combinations(group, 2))
    return found


def closure(pairs: set[Pair], n: int) -> set[Pair]:
    """Return all pairs within the connected groups."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not pairs:
        return set()
    a, b = np.array(sorted(pairs)).T
    _, label = connected_components(coo_matrix((np.ones(len(a)), (a, b)), (n, n)), directed=False)
    found: set[Pair] = set()
    order = np.argsort(label, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        if len(group) > 1:
            found.update(combinations(group.tolist(), 2))
    return found


def fair_pairs(records: list[Record]) -> set[Pair]:
    """Return the pairs a careful clerk would link."""
    by_mail = _pairs([r.email for r in records])
    found = {
        pair
        for pair in by_mail | _pairs([r.phone for r in records])
        if _fits(records[pair[0]], records[pair[1]], has_mail=pair in by_mail)
    }
    with_birth = [r.letters + r.birth if r.birth and not r.is_nickname else "" for r in records]
    found |= _pairs(with_birth)
    found |= {
        p for p in _at_one_address(records) if births_agree(*(records[i] for i in p)) is not False
    }
    at_home = [r.birth + r.address if r.birth and r.address else "" for r in records]
    return found | {p for p in _pairs(at_home) if names_agree(*(records[i] for i in p))}


def _at_one_address(records: list[Record]) -> set[Pair]:
    """Return pairs of one name at one address, unless two birth dates stand behind the name."""
    keys = [r.letters + r.address if r.address and not r.is_nickname else "" for r in records]
    years = defaultdict(set)
    for key, record in zip(keys, records, strict=True):
        if record.birth:
            years[key].add(record.birth[:4])
    return _pairs([key if len(years[key]) <= 1 else "" for key in keys])


def _fits(one: Record, other: Record, *, has_mail: bool) -> bool:
    births, names = births_agree(one, other), names_agree(one, other)
    if births is False or names is False:
        return False
    if names is None and births is None:
        return has_mail and not one.email.startswith("info@")
    return True


def names_agree(one: Record, other: Record) -> bool | None:
    """Return whether two names may be one person's; None where one is a nickname."""
    if one.is_nickname or other.is_nickname:
        return None
    if one.letters == other.letters:
        return True
    for short, long in ((one.name, other.name), (other.name, one.name)):
        initial, dot, last = short.partition(". ")
        if dot and last in long and any(w.startswith(initial) for w in long.split()):
            return True
    return SequenceMatcher(None, one.letters, other.letters).ratio() > ALIKE


def births_agree(one: Record, other: Record) -> bool | None:
    """Return whether two birth dates may be one; None where one is missing."""
    if not one.birth or not other.birth:
        return None
    a, b = one.birth.split("-"), other.birth.split("-")
    return a[:2] == b[:2] or sorted(a) == sorted(b) or (a[0], a[2]) == (b[0], b[2])
