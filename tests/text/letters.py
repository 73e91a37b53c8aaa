"""Generated letters in which personal data of every patterned kind stand, and their truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import phonenumbers

from crm_tasks.profiling.checksums import CHECK_DIGITS, WEIGHTS
from crm_tasks.text.patterns import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

REGIONS = ("GB", "US")
#: What is said around a value, by language; Chinese puts no blank beside it.
FRAMES = {
    "en": ("Hello, please use {v} from now on.", "Mine is {v}, thanks!", "({v})", "Use:{v}"),
    "zh": ("请用{v}联系我。", "我的是{v}，谢谢！", "（{v}）", "改成：{v}吧"),
}
#: Numbers that are nobody's: orders, parcels, prices, dates, sizes, articles.
HARMLESS = (
    "My order {six} is late.", "order number {ten} has not arrived", "Tracking number: {twelve}",
    "It costs 1,299.00, not 1,399.50.", "Bought on 2024-05-17 at 10:45:00.", "Size 120 x 60 x 75 cm",
    "订单{six}还没到", "快递单号{twelve}查不到", "运单号：{twelve}", "价格12999元，便宜100", "2024年5月17日下单",
    "ISBN 978-3-16-148410-0", "Invoice no. 20240517-0012", "Article 4006381", "Version 3.14.15 of it",
    "I waited from 9-11 and 14-18", "工单编号 {ten}", "ref {ten}", "code SAVE20 for 3 of 40", "@shop 100%",
)  # fmt: skip


def digits(rng: np.random.Generator, n: int) -> str:
    return "".join(map(str, rng.integers(0, 10, n)))


def email(rng: np.random.Generator) -> str:
    local = ("ann.lee", "wang_wei", "o'brien", "x+shop", "A.B.C")[rng.integers(5)]
    domain = ("example.org", "mail.example.co.uk", "QQ.example", "a-b.example.net")[rng.integers(4)]
    return f"{local}{rng.integers(1, 999)}@{domain}"


def resident_id(rng: np.random.Generator) -> str:
    head = f"{rng.integers(110_000, 659_000)}{rng.integers(1940, 2015)}"
    head += f"{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}{digits(rng, 3)}"
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, head, strict=True))
    number = head + CHECK_DIGITS[total % 11]
    return number if rng.random() < 0.7 else f"{number[:6]} {number[6:14]} {number[14:]}"


def bank_card(rng: np.random.Generator) -> str:
    prefix, length = (("62", 19), ("62", 16), ("4", 16), ("51", 16))[rng.integers(4)]
    body = prefix + digits(rng, length - len(prefix) - 1)
    doubled = [int(d) * (2 - at % 2) for at, d in enumerate(reversed(body))]
    check = -sum(d - 9 if d > 9 else d for d in doubled) % 10
    card = f"{body}{check}"
    groups = [card[at : at + 4] for at in range(0, length, 4)]
    return (card, " ".join(groups), "-".join(groups))[rng.integers(3)]


def phone(rng: np.random.Generator) -> str:
    if rng.random() < 0.5:
        number = f"1{rng.integers(3, 10)}{digits(rng, 9)}"
        forms = (number, f"{number[:3]}-{number[3:7]}-{number[7:]}", f"+86 {number}")
        return forms[rng.integers(3)]
    region = REGIONS[rng.integers(2)]
    while True:
        text = f"7{digits(rng, 9)}" if region == "GB" else digits(rng, 10)
        number = phonenumbers.parse(text, region)
        if phonenumbers.is_valid_number(number):
            form = (0, 1, 2)[rng.integers(3)]
            return phonenumbers.format_number(number, form)


MAKERS = {"email": email, "id_card": resident_id, "bank_card": bank_card, "phone": phone}


def personal(n: int, seed: int) -> Iterator[tuple[str, Span]]:
    """Yield texts with one value each, and where it stands."""
    rng = np.random.default_rng(seed)
    for kind, maker in MAKERS.items():
        for _ in range(n):
            value = maker(rng)
            language = ("en", "zh")[rng.integers(2)]
            before, after = FRAMES[language][rng.integers(4)].split("{v}")
            yield f"{before}{value}{after}", Span(len(before), len(before) + len(value), kind)


def harmless(n: int, seed: int) -> Iterator[str]:
    """Yield texts with numbers and signs that identify nobody."""
    rng = np.random.default_rng(seed)
    for at in range(n):
        yield HARMLESS[at % len(HARMLESS)].format(
            six=rng.integers(100_000, 999_999), ten=digits(rng, 10), twelve=digits(rng, 12)
        )
