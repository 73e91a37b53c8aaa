"""Who the people are: names, birth dates, ways to reach them, homes, employers, interests.

Everything here is a function of the person's number alone, so that any block can speak of people
of any other.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from crm_tasks.planted import lexicon
from crm_tasks.planted.company import AS_OF, BLOCK, GROUP, Company

if TYPE_CHECKING:
    from crm_tasks.planted.randoms import Flags, Floats, Indices

Texts = npt.NDArray[np.str_]

N_INTERESTS = 8
ZH_SHARE, NAMESAKE_SHARE, SHARED_ADDRESS_SHARE = 0.6, 0.03, 0.05
RECYCLED_PHONE_SHARE, JUNIOR_SHARE, EMPLOYED_SHARE = 0.035, 0.5, 0.6
ORGANIZATIONS_PER_COMMUNITY = 3
#: Log-odds of leaving after a purchase, per standardised driver: the signs a model has to find.
CHURN_INTERCEPT = -2.35
CHURN_DRIVERS = {
    "late_delivery_share": 0.60,
    "complaint_rate": 0.45,
    "is_loyalty_member": -0.50,
    "web_engagement": -0.30,
    "discount_share": 0.20,
}
COMMUNITY_INTEREST_SHARE = 0.35


@dataclass(frozen=True)
class People:
    """Some persons of a company, by number."""

    company: Company
    person: Indices

    def u(self, stream: str) -> Floats:
        return self.company.draws.uniform(stream, self.person)

    def happens(self, share: float, stream: str) -> Flags:
        return self.company.draws.happens(share, stream, self.person)

    # --- names ------------------------------------------------------------------------------------

    @cached_property
    def name_source(self) -> Indices:
        """Whose base name each person bears: one's own, a namesake's, or (junior) the father's."""
        draws = self.company.draws
        own = np.where(self.is_junior, self.person - 2, self.person)
        namesake = own // BLOCK * BLOCK + draws.below(BLOCK, "namesake of", own)
        return np.where(draws.happens(NAMESAKE_SHARE, "namesake", own), namesake, own)

    @cached_property
    def is_junior(self) -> Flags:
        """Whether a person is a son who bears his father's full name and lives with him."""
        company, father = self.company, self.person - 2
        at_home = (self.person % GROUP > 1) & (
            company.household(self.person) == company.household(np.maximum(father, 0))
        )
        is_first = company.household(np.maximum(self.person - 3, 0)) != company.household(
            self.person
        )
        is_named_so = self.happens(JUNIOR_SHARE, "junior") & ~self.is_zh_home
        return np.asarray(at_home & is_first & is_named_so)

    @cached_property
    def is_zh_home(self) -> Flags:
        return self.company.draws.happens(ZH_SHARE, "zh home", self.company.household(self.person))

    @cached_property
    def is_zh(self) -> Flags:
        """Whether the name is Chinese."""
        source = self.company.household(self.name_source)
        return self.company.draws.happens(ZH_SHARE, "zh home", source)

    @cached_property
    def is_female(self) -> Flags:
        return self.happens(0.5, "female") & ~self.is_junior

    @cached_property
    def name_parts(self) -> tuple[Indices, Indices, Indices]:
        """Numbers of surname and two given characters (Chinese) or last and first name (Latin)."""
        draws, source = self.company.draws, self.name_source
        home = self.company.household(source)
        is_of_home = draws.happens(0.8, "surname of home", source)
        u = np.where(
            is_of_home, draws.uniform("surname", home), draws.uniform("own surname", source)
        )
        zh = (len(lexicon.SURNAMES) * u**2.2).astype(np.int64)
        common = (lexicon.N_COMMON_LAST_NAMES * (u / 0.3)).astype(np.int64)
        rare = ((u - 0.3) / 0.7 * len(lexicon.LAST_NAMES)).astype(np.int64)
        last = np.where(u < 0.3, common, rare)  # noqa: PLR2004 (three in ten bear a common name)
        first = draws.below(len(lexicon.FIRST_NAMES), "first name", source)
        given = draws.below(len(lexicon.GIVEN), "given 1", source)
        second = draws.below(len(lexicon.GIVEN), "given 2", source)
        second = np.where(draws.happens(0.15, "one given", source), -1, second)
        return np.where(self.is_zh, zh, last), np.where(self.is_zh, given, first), second

    def zh_names(self, *, traditional: bool = False) -> Texts:
        """Return names in Chinese characters; only meant for those who have one."""
        surname, given, second = self._zh_parts
        surnames = lexicon.SURNAMES_TRADITIONAL if traditional else lexicon.SURNAMES
        table = lexicon.GIVEN_TRADITIONAL if traditional else lexicon.GIVEN
        tail = np.where(second >= 0, table[second], "")
        return np.char.add(np.char.add(surnames[surname], table[given]), tail)

    @property
    def _zh_parts(self) -> tuple[Indices, Indices, Indices]:
        surname, given, second = self.name_parts
        return (
            np.where(self.is_zh, surname, 0), np.where(self.is_zh, given, 0), second,
        )  # fmt: skip

    def latin_parts(self) -> tuple[Texts, Texts]:
        """Return given and family names in Latin letters (pinyin for the Chinese)."""
        surname, given, second = self.name_parts
        zh_surname, zh_given, _ = self._zh_parts
        tail = np.where(second >= 0, lexicon.GIVEN_PINYIN[second], "")
        zh_first = np.char.capitalize(np.char.add(lexicon.GIVEN_PINYIN[zh_given], tail))
        first = lexicon.FIRST_NAMES[np.where(self.is_zh, 0, given)]
        last = lexicon.LAST_NAMES[np.where(self.is_zh, 0, surname)]
        zh_last = np.char.capitalize(lexicon.SURNAMES_PINYIN[zh_surname])
        return np.where(self.is_zh, zh_first, first), np.where(self.is_zh, zh_last, last)

    def names(self) -> Texts:
        """Return full names in the person's own script and order."""
        first, last = self.latin_parts()
        latin = np.char.add(np.char.add(first, " "), last)
        return np.where(self.is_zh, self.zh_names(), latin)

    @cached_property
    def birth_days(self) -> npt.NDArray[np.datetime64]:
        """Birth dates; a junior is born 22 to 36 years after his father."""
        father = np.where(self.is_junior, self.person - 2, self.person)
        age = 18 + 62 * self.company.draws.uniform("age", father) ** 1.3
        age = np.where(self.is_junior, np.maximum(age - 22 - 14 * self.u("son's age"), 1.0), age)
        # A father is as old as his junior's arithmetic needs: children may be minors.
        return np.datetime64(AS_OF) - (age * 365.2425).astype("timedelta64[D]")

    # --- ways to reach them -----------------------------------------------------------------------

    def phones(self, *, is_old: Flags) -> Texts:
        """Return mobile numbers: the present one, or the former where asked.

        One in a hundred former numbers was given to another customer since (recycled).
        """
        n = self.company.n_customers
        present = self.company.shuffle("phone").place(self.person)
        former = n + present
        heir = self.company.matched("recycled phone", self.person)
        is_recycled = self.happens(RECYCLED_PHONE_SHARE, "recycled phone")
        former = np.where(is_recycled, self.company.shuffle("phone").place(heir), former)
        heir_zh = People(self.company, heir).is_zh if is_recycled.any() else self.is_zh
        is_zh = np.where(is_old & is_recycled, heir_zh, self.is_zh)
        return phone_text(np.where(is_old, former, present), is_zh)

    def emails(self, *, is_old: Flags) -> Texts:
        """Return private e-mail addresses: the present one, or the former where asked."""
        first, last = (np.char.lower(part) for part in self.latin_parts())
        last = np.char.replace(last, "ü", "v")
        number = self.company.shuffle("mailbox").place(self.person) + 10
        style = self.company.draws.below(3, "mail style", self.person)
        base = np.select(
            [style == 0, style == 1],
            [np.char.add(first, last), np.char.add(np.char.add(first, "."), last)],
            np.char.add(last, first),
        )
        local = np.char.add(base, (number * (1 + is_old)).astype(str))
        domain = self.company.draws.below(len(lexicon.DOMAINS), "domain", self.person)
        names = np.array(lexicon.DOMAINS)[(domain + is_old) % len(lexicon.DOMAINS)]
        return np.char.add(np.char.add(local, "@"), names)

    def work_emails(self, *, is_mailbox: Flags) -> Texts:
        """Return addresses at work: one's own, or the company's common mailbox."""
        first, last = (np.char.lower(part) for part in self.latin_parts())
        initial = np.char.add(np.asarray(first, dtype="<U1"), np.char.replace(last, "ü", "v"))
        own = np.char.add(initial, (self.person % BLOCK).astype(str))
        local = np.where(is_mailbox, "info", own)
        return np.char.add(np.char.add(local, "@"), organization_domains(self.employer))

    @cached_property
    def address_key(self) -> Indices:
        """Number of the address: one's household's, or a hall's many households share."""
        home = self.company.household(self.person)
        is_shared = self.company.draws.happens(SHARED_ADDRESS_SHARE, "shared address", home)
        hall = -1 - (home // BLOCK) * 4 - self.company.draws.below(4, "hall", home)
        return np.where(is_shared, hall, home)

    @cached_property
    def city(self) -> Indices:
        table = np.where(self.is_zh_home, len(lexicon.ZH_CITIES), len(lexicon.EN_CITIES))
        return self.company.draws.below(table, "city", self.company.community(self.person))

    def cities(self) -> Texts:
        zh = np.array([city.split()[0] for city in lexicon.ZH_CITIES])
        en = np.array(lexicon.EN_CITIES)
        return np.where(
            self.is_zh_home,
            zh[np.where(self.is_zh_home, self.city, 0)],
            en[np.where(self.is_zh_home, 0, self.city)],
        )

    def addresses(self) -> Texts:
        """Return street addresses, without the city."""
        draws, key = self.company.draws, self.address_key + self.company.n_customers
        number = (1 + draws.below(280, "house", key)).astype(str)
        flat = (101 + draws.below(1800, "flat", key)).astype(str)
        zh_street = np.array(lexicon.ZH_STREETS)[draws.below(18, "street", key)]
        zh = np.char.add(np.char.add(np.char.add(zh_street, "路"), number), "号")
        zh = np.char.add(np.char.add(zh, flat), "室")
        en_street = np.array(lexicon.EN_STREETS)[draws.below(13, "street", key)]
        kind = np.array(lexicon.EN_STREET_KINDS)[draws.below(5, "street kind", key)]
        en = np.char.add(np.char.add(np.char.add(number, " "), en_street), " ")
        en = np.char.add(np.char.add(en, kind), np.char.add(", Flat ", flat))
        return np.where(self.is_zh_home, zh, en)

    # --- what they are like -----------------------------------------------------------------------

    @cached_property
    def employer(self) -> Indices:
        """Number of the organization a person works for, -1 for none."""
        draws, n = self.company.draws, self.company.n_organizations
        community = self.company.community(self.person)
        local = draws.below(ORGANIZATIONS_PER_COMMUNITY, "local employer", self.person)
        near = draws.below(n, "community employer", community, local)
        far = draws.below(n, "far employer", self.person)
        found = np.where(self.happens(0.75, "works near"), near, far)
        return np.where(self.happens(EMPLOYED_SHARE, "employed"), found, -1)

    @cached_property
    def interest(self) -> Indices:
        """The planted interest, 0 to 7; a community leans towards one."""
        draws = self.company.draws
        usual = draws.below(N_INTERESTS, "community interest", self.company.community(self.person))
        own = draws.below(N_INTERESTS, "interest", self.person)
        return np.where(self.happens(COMMUNITY_INTEREST_SHARE, "as community"), usual, own)

    @cached_property
    def drivers(self) -> dict[str, Floats]:
        """Observable causes of leaving, in their own units."""
        return {
            "late_delivery_share": 0.5 * self.u("late") ** 2.5,
            "complaint_rate": 1.6 * self.u("complaints") ** 4,  # per 100 days of being a customer
            "is_loyalty_member": self.happens(0.4, "loyalty").astype(float),
            "web_engagement": -np.log(self.u("web")),  # sessions per 60 days
            "discount_share": 0.4 * self.u("discount") ** 2,
        }

    @cached_property
    def leave_probability(self) -> Floats:
        """Probability to stop buying after each purchase (the p of BG/NBD)."""
        logit = np.full(len(self.person), CHURN_INTERCEPT)
        for name, weight in CHURN_DRIVERS.items():
            mean, spread = DRIVER_MOMENTS[name]
            logit += weight * (self.drivers[name] - mean) / spread
        return np.asarray(1 / (1 + np.exp(-(logit + 0.3 * ndtri(self.u("leave noise"))))))

    @cached_property
    def is_shop_customer(self) -> Flags:
        return self.happens(0.85, "in shop")

    @cached_property
    def is_in_crm(self) -> Flags:
        return self.happens(0.7, "in crm")

    @cached_property
    def consents_to_contact(self) -> Flags:
        """Whether e-mail or SMS may be sent to the person throughout."""
        return self.is_in_crm & self.happens(0.8, "consent")


#: Mean and s.d. of each driver over all persons, by integration of its formula.
DRIVER_MOMENTS = {
    "late_delivery_share": (0.5 / 3.5, 0.5 * (1 / 6 - 1 / 3.5**2) ** 0.5),
    "complaint_rate": (1.6 / 5, 1.6 * (1 / 9 - 1 / 25) ** 0.5),
    "is_loyalty_member": (0.4, (0.4 * 0.6) ** 0.5),
    "web_engagement": (1.0, 1.0),
    "discount_share": (0.4 / 3, 0.4 * (1 / 5 - 1 / 9) ** 0.5),
}


def phone_text(number: Indices, is_zh: Flags) -> Texts:
    """Return national mobile numbers, each number once: 11 digits in China, 07... in Britain."""
    zh_digits = (number * 7_919 + 104_729) % 10**9
    zh_head = np.array(["13", "18"])[(number * 31) % 2]
    en_digits = (number * 7_919 + 104_729) % 10**8
    en_head = np.array(["074", "075", "077", "078"])[(number * 17) % 4]
    zh = np.char.add(zh_head, np.char.zfill(zh_digits.astype(str), 9))
    en = np.char.add(en_head, np.char.zfill(en_digits.astype(str), 8))
    return np.where(is_zh, zh, en)


def organization_names(number: Indices) -> Texts:
    """Return each organization's name; half are Chinese."""
    zh, en = np.array(lexicon.ZH_COMPANY), np.array(lexicon.EN_COMPANY)
    industry = np.array(lexicon.INDUSTRIES)[number % len(lexicon.INDUSTRIES)]
    zh_industry = np.array(["商贸", "物流", "软件", "教育", "医疗", "食品", "金融", "能源"])
    two = np.char.add(zh[number // 2 % 20], zh[number // 40 % 20])
    two = np.char.add(np.char.add(two, zh[number // 800 % 20]), zh_industry[number % 8])
    serial = np.char.add(" ", (number // 40 + 1).astype(str))
    latin = np.char.add(np.char.add(en[number // 2 % 20], " "), np.char.capitalize(industry))
    return np.where(number % 2 == 0, np.char.add(two, "有限公司"), np.char.add(latin, serial))


def organization_domains(number: Indices) -> Texts:
    """Return each organization's mail domain."""
    return np.char.add(np.char.add("corp", number.astype(str)), ".example")


def iso_days(days: npt.NDArray[np.datetime64]) -> Texts:
    """Return dates as YYYY-MM-DD."""
    return np.datetime_as_string(days.astype("datetime64[D]"), unit="D")


def day_zero() -> np.datetime64:
    """Return the first instant of the planted history."""
    return np.datetime64(dt.datetime(2023, 1, 1))  # noqa: DTZ001 (all planted times are UTC)
