"""What the small company's customers say and belong to: views, reviews, messages, ties, deals.

Nothing here is drawn: each row follows from its number, and each file holds what makes its table
interesting, once. Those who write sign with the name of a member of the club.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

N_REVIEWS = 60
N_IMPOSSIBLE_SCORES = 2  # rejected in staging: E_RANGE_score and E_TYPE_score
N_VISITS, VIEWS_PER_VISIT = 20, 3
N_STRANGERS = 1  # somebody outside whom a tie and a post name
N_COPIES = 1  # a tie that stands twice, word for word
COMPLAINTS = (4, 8)  # messages that nobody answered: the lamp is broken
DEAL_OPENED = dt.date(2024, 5, 1)

#: Invented people of whom nothing may be found outside the vault.
MEMBERS = (
    "Quillon Zwartmoor", "Zephra Quexby", "Brynja Thornquist", "Tobias Vandermeulen",
    "Ottoline Oxenstierna", "Marzena Fitzgibbon", "Ignatius Jankowiak", "Solveig Lindqvarn",
    "Kasimir Bramblethwaite", "Perpetua Ossenbrug", "Wendelin Cholmondeston",
    "Xanthe Dragomirov", "Friedemann Eichelhardt", "Yolande Gawthrope", "Leocadia Huxterfield",
    "Casper Iversdottir", "Hildegund Kleinschrod", "Umberto Mavrogenis", "Rosalba Nordhausser",
    "Vidar Pfefferkorn",
)  # fmt: skip

Row = dict[str, Any]


def write_voices(data: Path) -> None:
    """Write the files into the company's folder."""
    for name, rows in (
        ("views.jsonl", _views()),
        ("reviews.jsonl", _reviews()),
        ("messages.jsonl", _messages()),
        ("posts.jsonl", _posts()),
    ):
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (data / name).write_text("".join(lines), encoding="utf-8")
    for name, table in _tables().items():
        with (data / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)


def _customer(number: int) -> str:
    return f"K{number:03d}"


def _at(day: int, hour: int = 10, minute: int = 0) -> str:
    """Return a moment so many days before the as-of date."""
    moment = dt.datetime(2024, 7, 1, hour, minute) - dt.timedelta(days=day)  # noqa: DTZ001
    return moment.isoformat(" ")


def _views() -> Iterator[Row]:
    for visit in range(N_VISITS):
        for view in range(VIEWS_PER_VISIT):
            yield {
                "id": f"v{visit}-{view}",
                "cookie": f"cookie-{visit % 7}",
                # Who logs in does so on the last page; every fifth visitor never does.
                "customer": _customer(visit % 7) if view == 2 and visit % 7 % 5 else None,
                "at": _at(1 + 4 * visit, 9, 10 * view),
                "url": f"/P{visit:03d}?page={view}#top",
                "event": "add_to_cart" if visit % 4 == 0 and view == 2 else "view",
                "seconds": 20.5 + view,
                "from": ("newsletter", "search", None)[visit % 3],
            }


def _reviews() -> Iterator[Row]:
    scores = ["0", "五", *(str(1 + number % 5) for number in range(N_REVIEWS - 2))]
    for number, score in enumerate(scores):
        yield {
            "id": f"r{number}",
            "customer": _customer(number % 40),
            "product": "P998" if number == 10 else f"P{number % 30:03d}",
            "at": _at(3 + number),
            "score": score,
            "text": f"As expected. Person{number}@example.org",
        }


def _messages() -> Iterator[Row]:
    broken = "The lamp is broken and does not work, very poor quality."
    for number in range(20):
        said = broken if number in COMPLAINTS else "Where is my parcel?"
        for direction in ("in", "out")[: 1 + number % 2]:
            yield {
                "id": f"m{number}-{direction}",
                "thread": f"t{number}",
                "customer": _customer(number),
                "way": direction,
                "at": _at(2 + number, 10 + (direction == "out")),
                "text": f"{said} {MEMBERS[number]}, +44 7400 100{number:03d}",
            }


def _posts() -> Iterator[Row]:
    for number in range(24):
        yield {
            "id": f"p{number}",
            "author": _customer(number % 12),
            "to": _customer((number + 1) % 12) if number % 3 == 0 else None,
            "names": [_customer((number + 2) % 12)] * (number % 3 == 1)
            + ["Stranger"] * (number == 1),
            "at": _at(1 + number),
            # Not of the first member: what others write of the erased stays theirs.
            "text": f"Hello {MEMBERS[1 + number % (len(MEMBERS) - 1)]}",
        }


def _tables() -> dict[str, list[Row]]:
    return {
        "tags": [{"message": f"m{number}-in", "intent": "delivery"} for number in range(5)],
        "consents": _consents(),
        "surveys": [
            {"id": f"s{n}", "customer": _customer(n), "at": _at(n), "csat": 1 + n % 5, "nps": n}
            for n in range(1, 11)
        ],
        "organizations": [
            {"id": f"F{n}", "name": f"Firm {n}", "owner": f"W{n % 2}", "parent": ""}
            for n in range(1, 5)
        ],
        "owners": [{"id": "W0", "name": "North desk", "team": "north"}],
        "ties": _ties(),
        "deals": [
            {
                "id": f"D{n}", "firm": f"F{n}", "owner": "W1", "stage": "won", "amount": "100.50",
                "opened": DEAL_OPENED.isoformat(), "closing": f"2024-0{5 + n}-15", "won": "true",
            }
            for n in (1, 2, 4)
        ],
        "stages": [
            {"deal": f"D{n}", "stage": stage, "entered": f"2024-{month}-02"}
            for n in (1, 2)
            for stage, month in (("talks", "05"), ("offer", "06"))
        ],
        "arms": [
            {
                "campaign": "spring", "customer": _customer(n), "at": "2024-02-28",
                "arm": ("treated", "control")[n % 2], "cluster": f"c{n % 4}", "share": 0.5,
            }
            for n in range(40)
        ],
    }  # fmt: skip


def _consents() -> list[Row]:
    told = [
        *((n, "mail", "granted", _at(100)) for n in range(5)),
        *((n, "mail", "withdrawn", _at(50)) for n in range(3)),
        (2, "mail", "granted", _at(50)),  # at the same moment as a no
        (6, "", "denied", "2999-01-01 00:00:00"),  # about every channel, dated in the future
        (7, "email", "granted", _at(30)),
    ]
    return [
        {"id": f"c{n}", "customer": _customer(one), "channel": channel, "status": word, "at": at}
        for n, (one, channel, word, at) in enumerate(told)
    ]


def _ties() -> list[Row]:
    names = ("type", "one", "other", "other_is", "strength", "since")
    rows = [
        *(
            ("trust", _customer(n), _customer(n + 1), "customer", 10 * n, _at(n))
            for n in range(1, 9)
        ),
        ("trust", _customer(1), _customer(2), "customer", 10, _at(1)),
        ("trust", _customer(9), "Stranger", "customer", 50, _at(9)),
        ("trust", _customer(5), _customer(5), "customer", 50, _at(9)),
        *(("works_for", _customer(n), f"F{1 + n % 4}", "organization", "", "") for n in range(8)),
    ]
    return [dict(zip(names, row, strict=True)) for row in rows]
