"""The same person as five systems know them: each record with its own mistakes, at known rates.

A record is (system, person, copy): copy 1 is a second registration of the same person in the same
system. Its dirt is a function of those three.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from crm_tasks.planted import lexicon
from crm_tasks.planted.company import DAYS, Company
from crm_tasks.planted.people import People, Texts, iso_days

if TYPE_CHECKING:
    from crm_tasks.planted.randoms import Flags, Floats, Indices

System = Literal["crm", "branch", "shop", "social", "support"]
SYSTEMS: tuple[System, ...] = ("crm", "branch", "shop", "social", "support")
SECOND_COPY_SHARE = 0.06
#: Share of the people each system knows; the branch keeps Chinese customers only.
COVERAGE = {"crm": 0.70, "branch": 0.45, "shop": 0.85, "social": 0.45, "support": 0.22}

#: Share of records with each kind of dirt, by system. What is not named does not occur.
DIRT: dict[System, dict[str, float]] = {
    "crm": {
        "traditional": 0.03, "pinyin": 0.05, "swapped": 0.03, "initial": 0.04, "title": 0.03,
        "name_typo": 0.02, "no_email": 0.20, "old_email": 0.24, "work_email": 0.30,
        "email_typo": 0.03, "no_phone": 0.18, "old_phone": 0.32, "phone_typo": 0.02,
        "no_birth": 0.06, "birth_swapped": 0.02, "birth_typo": 0.01, "no_address": 0.10,
        "address_variant": 0.25, "shared_mailbox": 0.02,
    },
    "branch": {
        "traditional": 0.12, "name_typo": 0.02, "no_email": 0.55, "old_email": 0.25,
        "email_typo": 0.03, "no_phone": 0.12, "old_phone": 0.36, "phone_typo": 0.02,
        "home_phone": 0.02, "no_birth": 0.05, "birth_typo": 0.01, "no_address": 0.08,
        "address_variant": 0.30,
    },
    "shop": {
        "pinyin": 0.20, "swapped": 0.04, "initial": 0.05, "name_typo": 0.02, "old_email": 0.16,
        "work_email": 0.24, "email_typo": 0.02, "no_phone": 0.25, "old_phone": 0.34,
        "phone_typo": 0.02, "home_phone": 0.02, "address_variant": 0.25, "no_birth": 0.25,
        "birth_typo": 0.01, "no_address": 0.04, "home_email": 0.02,
    },
    "social": {
        "nickname": 0.30, "pinyin": 0.15, "no_email": 0.24, "old_email": 0.26, "no_phone": 0.30,
        "old_phone": 0.18, "no_birth": 0.15, "no_address": 1.0,
    },
    "support": {
        "pinyin": 0.10, "initial": 0.05, "name_typo": 0.02, "no_email": 0.15, "old_email": 0.15,
        "work_email": 0.18, "no_phone": 0.20, "old_phone": 0.15, "no_birth": 0.45,
        "no_address": 0.60, "address_variant": 0.25,
    },
}  # fmt: skip
ID_PREFIX = {"crm": "C", "branch": "B", "shop": "", "social": "u", "support": "T"}
#: Cumulated shares of numbers as written, with country code and with blanks; the rest: hyphens.
PHONE_SPELLINGS = (0.60, 0.78, 0.90)
TITLES = ("Mr ", "Ms ", "Dr ")


@dataclass(frozen=True)
class Records:
    """Records of one system: persons by number, and which copy of them."""

    company: Company
    system: System
    person: Indices
    copy: Indices

    @cached_property
    def people(self) -> People:
        return People(self.company, self.person)

    def u(self, stream: str) -> Floats:
        return self.company.draws.uniform(f"{self.system}/{stream}", self.person, self.copy)

    def has(self, dirt: str) -> Flags:
        """Return which records carry a kind of dirt."""
        return self.u(dirt) < DIRT[self.system].get(dirt, 0.0)

    def ids(self) -> Texts:
        return record_ids(self.company, self.system, self.person, self.copy)

    def names(self) -> Texts:
        """Return full names as this system has them."""
        people, is_zh = self.people, self.people.is_zh
        first, last = people.latin_parts()
        found = people.names()
        found = np.where(is_zh & self.has("traditional"), people.zh_names(traditional=True), found)
        in_latin = ~is_zh | self.has("pinyin")
        latin = np.char.add(np.char.add(first, " "), last)
        zh_order = np.char.add(np.char.add(last, " "), first)
        found = np.where(is_zh & self.has("pinyin"), zh_order, found)
        comma = np.char.add(np.char.add(last, ", "), first)
        swapped = np.where(is_zh, latin, comma)
        found = np.where(in_latin & self.has("swapped"), swapped, found)
        initial = np.char.add(np.char.add(np.asarray(first, dtype="<U1"), ". "), last)
        found = np.where(~is_zh & self.has("initial"), initial, found)
        title = np.array(TITLES)[(self.u("which title") * 3).astype(np.int64)]
        found = np.where(~is_zh & self.has("title"), np.char.add(title, latin), found)
        found = with_typos(found, self.has("name_typo"), self.u("name typo place"))
        return np.where(self.has("nickname"), self.nicknames(), found)

    def nicknames(self) -> Texts:
        """Return display names many people share."""
        n = len(lexicon.NICKNAMES)
        return np.array(lexicon.NICKNAMES)[(self.u("which nickname") * n).astype(np.int64)]

    def emails(self) -> Texts:
        """Return e-mail addresses, '' where the system has none."""
        people, is_old = self.people, self.has("old_email")
        found = people.emails(is_old=is_old)
        work = people.work_emails(is_mailbox=self.has("shared_mailbox"))
        uses_work = self.has("work_email") | self.has("shared_mailbox")
        found = np.where(uses_work & (people.employer >= 0), work, found)
        head = People(self.company, self.person // 10 * 10)
        is_at_home = self.company.household(head.person) == self.company.household(self.person)
        of_head = head.emails(is_old=np.zeros(len(self.person), dtype=bool))
        found = np.where(is_at_home & self.has("home_email"), of_head, found)
        found = with_typos(found, self.has("email_typo"), 0.4 * self.u("email typo place"))
        upper = self.u("email case") < 0.06  # noqa: PLR2004 (a format variant, no mistake)
        found = np.where(upper, np.char.upper(found), found)
        return np.where(self.has("no_email"), "", found)

    def phones(self) -> Texts:
        """Return phone numbers in one of four spellings, '' where the system has none."""
        head = People(self.company, self.person // 10 * 10)
        is_at_home = self.company.household(head.person) == self.company.household(self.person)
        own = self.people.phones(is_old=self.has("old_phone"))
        of_head = head.phones(is_old=np.zeros(len(self.person), dtype=bool))
        found = np.where(is_at_home & self.has("home_phone"), of_head, own)
        found = with_typos(found, self.has("phone_typo"), self.u("phone typo place"), digits=True)
        return np.where(self.has("no_phone"), "", spelled_phones(found, self.u("phone spelling")))

    def birth_dates(self) -> Texts:
        """Return birth dates as YYYY-MM-DD, '' where the system has none."""
        true = iso_days(self.people.birth_days)
        year, month, day = (np.array(part) for part in zip(*np.char.split(true, "-"), strict=True))
        is_swappable = self.has("birth_swapped") & (day.astype(int) <= 12)  # noqa: PLR2004
        month, day = np.where(is_swappable, day, month), np.where(is_swappable, month, day)
        wrong_day = np.char.zfill((1 + (day.astype(int) + 6) % 28).astype(str), 2)
        day = np.where(self.has("birth_typo"), wrong_day, day)
        found = np.char.add(np.char.add(year, "-"), np.char.add(np.char.add(month, "-"), day))
        return np.where(self.has("no_birth"), "", found)

    def addresses(self) -> Texts:
        """Return street addresses, some abbreviated, '' where the system has none."""
        found, is_variant = self.people.addresses(), self.has("address_variant")
        for long, short in lexicon.SHORT_FORMS.items():
            found = np.where(is_variant, np.char.replace(found, long, short), found)
        return np.where(self.has("no_address"), "", found)

    def registered_days(self) -> Indices:
        """Return the day each record was made, from 0 to the day before today."""
        day = (0.9 * DAYS * self.u("registered") ** 0.9).astype(np.int64)
        return np.asarray(np.minimum(day + 30 * self.copy, DAYS - 1))


def known_records(company: Company, system: System, block: int) -> Records:
    """Return the records a system has of a block's people, second copies included."""
    person = company.block(block)
    people = People(company, person)
    known = {
        "crm": people.is_in_crm,
        "shop": people.is_shop_customer,
        "branch": people.is_zh & people.happens(COVERAGE["branch"], "in branch"),
        "social": people.happens(COVERAGE["social"], "in social"),
        "support": people.happens(COVERAGE["support"], "in support"),
    }[system]
    twice = known & company.draws.happens(SECOND_COPY_SHARE, f"{system} twice", person)
    twice &= system != "shop" or people.happens(0.5, "shop twice")
    both = np.concatenate((person[known], person[twice]))
    copy = np.repeat([0, 1], [int(known.sum()), int(twice.sum())])
    mixed = company.draws.block(f"{system} order", block).permutation(len(both))
    return Records(company, system, both[mixed], copy[mixed])


def record_ids(company: Company, system: System, person: Indices, copy: Indices) -> Texts:
    """Return a system's identifiers: a prefix and a number that tells nothing."""
    number = 2 * company.shuffle(f"{system} id").place(person) + copy + 100_001
    return np.char.add(ID_PREFIX[system], number.astype(str))


def first_ids(company: Company, system: System, person: Indices) -> Texts:
    """Return the identifiers of the persons' first records in a system."""
    return record_ids(company, system, person, np.zeros(len(person), dtype=np.int64))


def with_typos(texts: Texts, is_hit: Flags, place: Floats, *, digits: bool = False) -> Texts:
    """Return the texts with one mistake where asked: two characters swapped, or one digit wrong."""
    found = texts.astype("<U80")
    for row in np.flatnonzero(is_hit):
        text = str(found[row])
        at = min(int(place[row] * (len(text) - 1)), len(text) - 2)
        if digits:
            at = max(at, 3)
            wrong = str((int(text[at]) + 3) % 10)
            found[row] = text[:at] + wrong + text[at + 1 :]
        elif len(text) > 3:  # noqa: PLR2004 (in a name of two characters a swap is another name)
            found[row] = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return found


def spelled_phones(national: Texts, u: Floats) -> Texts:
    """Return national numbers as written, with country code, with blanks or with hyphens."""
    is_zh = np.char.startswith(national, "1")
    bare = np.where(is_zh, national, np.char.lstrip(national, "0"))
    plus = np.char.add(np.where(is_zh, "+86", "+44"), bare)
    cut = np.where(is_zh, 3, 5)
    head = np.array([text[:n] for text, n in zip(national.tolist(), cut.tolist(), strict=True)])
    tail = np.array([text[n:] for text, n in zip(national.tolist(), cut.tolist(), strict=True)])
    blank = np.char.add(np.char.add(head, " "), tail)
    hyphen = np.char.add(np.char.add(head, "-"), tail)
    return np.select([u < share for share in PHONE_SPELLINGS], [national, plus, blank], hyphen)
