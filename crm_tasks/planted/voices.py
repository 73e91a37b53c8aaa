"""What people say: messages, reviews, social posts.

A message's truth (intent, sentiment, language, part, the sentence that matters, where personal
data stand) is made with it and goes to the answer key; the text goes to the source.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_tasks.planted import calibration as real
from crm_tasks.planted import phrases
from crm_tasks.planted.company import DAYS, Company
from crm_tasks.planted.people import People
from crm_tasks.planted.purchases import (
    INTEREST_NAMES,
    SECONDS,
    Lines,
    Orders,
    Process,
    order_times,
)
from crm_tasks.planted.records import Records, first_ids, known_records

if TYPE_CHECKING:
    from crm_tasks.planted.randoms import Flags, Floats, Indices
    from crm_tasks.planted.ties import Ties

OTHER_LANGUAGE_SHARE, FOREIGN_TONGUE_SHARE = 0.02, 0.05
PLAIN_MESSAGES_PER_PERSON = 0.7
CONTACT_LINE_SHARE, TEST_SHARE = 0.15, 0.4
INTERACTIONS_PER_STRENGTH = 14.0
POSTS_PER_PERSON = 1.2
REVIEW_SHARE = 0.12

Row = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """Rows of a source table beside the rows of the answer key about them."""

    source: list[Row] = field(default_factory=list)
    truth: list[Row] = field(default_factory=list)
    tags: list[Row] = field(default_factory=list)


def iso_seconds(second: Indices) -> list[str]:
    """Return moments as YYYY-MM-DDTHH:MM:SSZ."""
    return [f"{text}Z" for text in np.datetime_as_string(order_times(second), unit="s").tolist()]


def spans_of_life(process: Process, orders: Orders) -> tuple[Indices, Indices]:
    """Return each customer's first and last active second, none after today."""
    past = orders.second[orders.is_past]
    person = orders.person[orders.is_past]
    known, first = np.unique(person, return_index=True)
    last = np.append(first[1:], len(person)) - 1
    begin = np.full(len(process.person), -1, dtype=np.int64)
    end = begin.copy()
    place = np.searchsorted(process.person, known)
    begin[place], end[place] = past[first], past[last]
    return begin, end


# --- messages -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Letter:
    """What a message is about, before it is put into words."""

    record: int  # place among the support records
    person: int
    second: int
    intent: str
    is_test: bool


def block_messages(company: Company, block: int, process: Process, orders: Orders) -> Rows:
    """Return a block's support messages, with agent's tags for the training part only."""
    rng = company.draws.block("messages", block)
    writers = known_records(company, "support", block)
    letters = _letters(writers, process, orders, rng)
    rows = Rows()
    speaker = _Speaker(writers, block, rng)
    for number, letter in enumerate(letters):
        speaker.write(rows, number, letter)
    return rows


def _letters(
    writers: Records, process: Process, orders: Orders, rng: np.random.Generator
) -> list[_Letter]:
    begin, end = spans_of_life(process, orders)
    at = np.searchsorted(process.person, writers.person)
    at = np.minimum(at, len(process.person) - 1)
    is_customer = (process.person[at] == writers.person) & (begin[at] >= 0)
    start = np.where(is_customer, begin[at], 0)
    stop = np.where(is_customer, np.minimum(end[at] + 20 * SECONDS, DAYS * SECONDS - 1), 0)
    days = np.maximum(stop - start, 0) / SECONDS
    rate = writers.people.drivers["complaint_rate"] / 100
    n_complaints = rng.poisson(np.where(is_customer, rate * (days + 30), 0.0))
    n_plain = rng.poisson(PLAIN_MESSAGES_PER_PERSON * 2.2, len(writers.person))
    letters = []
    for row in range(len(writers.person)):
        n = int(n_complaints[row] + n_plain[row])
        late = DAYS * SECONDS - 1 if stop[row] <= start[row] else stop[row]
        for second in np.sort(rng.integers(start[row], late + 1, n)).tolist():
            is_complaint = rng.random() * n < n_complaints[row]
            kinds = phrases.COMPLAINTS if is_complaint else phrases.PLAIN_INTENTS
            shares = (0.5, 0.5) if is_complaint else phrases.PLAIN_SHARES
            intent = kinds[int(np.searchsorted(np.cumsum(shares), rng.random() * 0.999999))]
            is_test = bool(rng.random() < TEST_SHARE)
            letters.append(_Letter(row, int(writers.person[row]), second, intent, is_test))
    return letters


class _Speaker:
    """Puts letters into words and notes the truth of each."""

    def __init__(self, writers: Records, block: int, rng: np.random.Generator) -> None:
        self.rng, self.block = rng, block
        people = writers.people
        self.ids = writers.ids().tolist()
        self.names = writers.names().tolist()
        self.emails = writers.emails().tolist()
        self.phones = writers.phones().tolist()
        self.is_zh = people.is_zh.tolist()
        self.shop_ids = first_ids(writers.company, "shop", writers.person).tolist()
        self.interest = people.interest.tolist()

    def write(self, rows: Rows, number: int, letter: _Letter) -> None:
        """Append one message, its truth, its tag and perhaps the answer to it."""
        message = f"m{self.block * 100_000 + 2 * number}"
        language = self._language(letter)
        text, sentence, spans, template = self._words(letter, language)
        row = self._row(message, letter, text, "in")
        rows.source.append(row)
        known = language in phrases.BY_LANGUAGE
        part = "test" if letter.is_test else "train"
        truth = {
            "message_id": message, "person": letter.person,
            "intent": letter.intent if known else None,
            "sentiment": phrases.INTENTS[letter.intent] if known else None,
            "language": language, "part": part, "key_sentence": sentence, "template": template,
            "personal_spans": spans,
        }  # fmt: skip
        rows.truth.append(truth)
        if not letter.is_test and known:
            rows.tags.append({"message_id": message, "intent": letter.intent})
        if known and self.rng.random() < 0.6:  # noqa: PLR2004
            answer = self._row(
                f"m{self.block * 100_000 + 2 * number + 1}",
                letter,
                phrases.REPLIES[language],
                "out",
            )
            answer["conversation_id"] = row["conversation_id"]
            answer["sent_at"] = iso_seconds(
                np.array([min(letter.second + 7_200, DAYS * SECONDS - 1)])
            )[0]
            rows.source.append(answer)

    def _language(self, letter: _Letter) -> str:
        if self.rng.random() < OTHER_LANGUAGE_SHARE:
            others = tuple(phrases.OTHER_LANGUAGES)
            return others[int(self.rng.integers(len(others)))]
        is_zh = self.is_zh[letter.record] != (self.rng.random() < FOREIGN_TONGUE_SHARE)
        return "zh" if is_zh else "en"

    def _one(self, options: tuple[str, ...]) -> tuple[str, int]:
        at = int(self.rng.integers(len(options)))
        return options[at], at

    def _words(self, letter: _Letter, language: str) -> tuple[str, str, list[Row], str]:
        order = f"{100_000 + int(self.rng.integers(900_000))}"
        product = self._product(letter, language)
        if language not in phrases.BY_LANGUAGE:
            template, at = self._one(phrases.OTHER_LANGUAGES[language])
            sentence = template.format(o=order)
            return sentence, sentence, [], f"{language}/{at}"
        sentences = phrases.BY_LANGUAGE[language][letter.intent]
        options = sentences.test if letter.is_test else sentences.train
        template, at = self._one(options)
        sentence = template.format(p=product, o=order)
        parts = [
            self._one(phrases.GREETINGS[language])[0],
            self._one(phrases.FILLERS[language])[0],
            sentence,
        ]
        value, kind = self._contact(letter)
        if value:
            parts.append(self._one(phrases.CONTACT_LINES[language])[0].format(v=value))
        parts.append(self._one(phrases.CLOSINGS[language])[0])
        signature = self.names[letter.record] if self.rng.random() < 0.3 else ""  # noqa: PLR2004
        parts.append(signature)
        text = ("" if language == "zh" else " ").join(part for part in parts if part)
        spans = [_span(text, value, kind), _span(text, signature, "name")]
        part = "test" if letter.is_test else "train"
        return text, sentence, [s for s in spans if s], f"{language}/{letter.intent}/{part}/{at}"

    def _product(self, letter: _Letter, language: str) -> str:
        if language == "zh":
            return f"{phrases.ZH_INTERESTS[self.interest[letter.record]]}用品"
        return f"{INTEREST_NAMES[self.interest[letter.record]]} set"

    def _contact(self, letter: _Letter) -> tuple[str, str]:
        u = self.rng.random()
        if u > CONTACT_LINE_SHARE:
            return "", ""
        is_phone = u < CONTACT_LINE_SHARE / 2
        found = (self.phones if is_phone else self.emails)[letter.record]
        return str(found), "phone" if is_phone else "email"

    def _row(self, message: str, letter: _Letter, text: str, direction: str) -> Row:
        email, phone = self.emails[letter.record], self.phones[letter.record]
        return {
            "message_id": message,
            "conversation_id": f"c{message[1:]}",
            "contact_id": self.ids[letter.record],
            "from_name": self.names[letter.record],
            "from_email": email or None,
            "from_phone": phone or None,
            "channel": "email" if email else "sms",
            "direction": direction,
            "sent_at": iso_seconds(np.array([letter.second]))[0],
            "text": text,
        }


def _span(text: str, value: str, kind: str) -> Row | None:
    if not value:
        return None
    start = text.rindex(value)
    return {"kind": kind, "start": start, "end": start + len(value)}


# --- reviews --------------------------------------------------------------------------------------


def block_reviews(company: Company, block: int, orders: Orders, lines: Lines) -> Rows:
    """Return reviews of bought products; a late order is scored lower."""
    rng = company.draws.block("reviews", block)
    first_line = np.searchsorted(lines.order, np.arange(len(orders.person)))
    second = orders.second + (3 + rng.integers(0, 20, len(orders.person))) * SECONDS
    chosen = (rng.random(len(orders.person)) < REVIEW_SHARE) & (second < DAYS * SECONDS)
    latent = rng.normal(size=len(chosen)) - 1.1 * orders.is_late + 0.16
    cuts = np.quantile(latent[chosen], np.cumsum(real.SCORE_SHARES)[:-1]) if chosen.any() else [0.0]
    score = 1 + np.searchsorted(cuts, latent)
    rows, at = Rows(), np.flatnonzero(chosen)
    people = People(company, orders.person[at])
    ids = first_ids(company, "shop", orders.person[at]).tolist()
    moments = iso_seconds(second[at])
    for place, row in enumerate(at.tolist()):
        language = "zh" if people.is_zh[place] else "en"
        sentiment = int(np.sign(score[row] - 3))
        options = phrases.REVIEWS[(language, sentiment)]
        review = f"r{int(orders.id[row])}"
        content = options[int(rng.integers(len(options)))]
        rows.source.append({
            "review_id": review, "customer_id": ids[place],
            "product_id": f"P{int(lines.product[first_line[row]]):05d}",
            "reviewed_at": moments[place], "score": int(score[row]), "content": content,
        })  # fmt: skip
        rows.truth.append({"review_id": review, "sentiment": sentiment, "language": language})
    return rows


# --- social ---------------------------------------------------------------------------------------


def block_social(company: Company, block: int, ties: Ties) -> dict[str, list[Row]]:
    """Return posts with replies and mentions, and follows, of those on the platform.

    The number of interactions of a pair is Poisson with a mean in proportion to the strength.
    """
    rng = company.draws.block("social", block)
    own = ties.owned(block)
    on = _is_social(company, own.a) & _is_social(company, own.b)
    a, b, strength = own.a[on], own.b[on], own.strength[on]
    count = rng.poisson(INTERACTIONS_PER_STRENGTH * strength)
    pair = np.repeat(np.arange(len(a)), count)
    is_turned = rng.random(len(pair)) < 0.5  # noqa: PLR2004
    actor = np.where(is_turned, b[pair], a[pair])
    target = np.where(is_turned, a[pair], b[pair])
    people = known_records(company, "social", block)
    own_posts = np.repeat(people.person, rng.poisson(POSTS_PER_PERSON, len(people.person)))
    posts = _posts(company, block, (actor, target), own_posts, rng)
    return {"posts": posts, "follows": _follows(company, a, b, strength, rng)}


def _is_social(company: Company, person: Indices) -> Flags:
    return People(company, person).happens(0.45, "in social")


def _posts(
    company: Company,
    block: int,
    talk: tuple[Indices, Indices],
    alone: Indices,
    rng: np.random.Generator,
) -> list[Row]:
    actor = np.concatenate((talk[0], alone))
    second = rng.integers(0, DAYS * SECONDS, len(actor))
    people = People(company, actor)
    authors = first_ids(company, "social", actor).tolist()
    targets = first_ids(company, "social", talk[1]).tolist() + [None] * len(alone)
    is_reply = (rng.random(len(actor)) < 0.7).tolist()  # noqa: PLR2004
    which = rng.integers(0, len(phrases.POSTS["en"]), len(actor)).tolist()
    moments, rows = iso_seconds(second), []
    interest, is_zh = people.interest.tolist(), people.is_zh.tolist()
    for row in np.argsort(second, kind="stable").tolist():
        names = phrases.ZH_INTERESTS if is_zh[row] else INTEREST_NAMES
        text = phrases.POSTS["zh" if is_zh[row] else "en"][which[row]].format(
            i=names[interest[row]]
        )
        target = targets[row]
        mention = target if target and not is_reply[row] else None
        rows.append({
            "id": f"p{block * 1_000_000 + row}", "author_id": authors[row],
            "created_at": moments[row], "text": f"@{mention} {text}" if mention else text,
            "in_reply_to_user_id": target if is_reply[row] else None,
            "mentions": [mention] if mention else [],
        })  # fmt: skip
    return rows


def _follows(
    company: Company, a: Indices, b: Indices, strength: Floats, rng: np.random.Generator
) -> list[Row]:
    """Follow edges: most ties, and as many strangers, so that a follow says little."""
    keep = rng.random(len(a)) < 0.75 + 0.2 * strength
    strangers = rng.integers(0, company.n_customers, int(keep.sum()))
    strange = _is_social(company, strangers) & (strangers != a[keep])
    source = np.concatenate((a[keep], a[keep][strange]))
    target = np.concatenate((b[keep], strangers[strange]))
    second = rng.integers(0, DAYS * SECONDS, len(source))
    columns = (
        first_ids(company, "social", source).tolist(),
        first_ids(company, "social", target).tolist(),
        iso_seconds(second),
    )
    return [
        {"follower_id": one, "followed_id": other, "since": moment}
        for one, other, moment in zip(*columns, strict=True)
    ]
