"""Whether a column identifies a person: by its values, its name, and what it is mapped to.

In doubt between plain and identifying a column is proposed as identifying, because that can be
undone and the opposite cannot. Where nothing speaks for either, the user decides: the profile does
not run before.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.profiles.base import UNDECIDED
from crm_tasks.profiling.columns import are_codes
from crm_tasks.profiling.decisions import Decision
from crm_tasks.profiling.names import best_likeness, words_of
from crm_tasks.profiling.recognisers import found_in_text, looks_like_names, recognised, rules
from crm_tasks.profiling.remarks import remark
from crm_tasks.profiling.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.profiling.columns import ColumnFacts

PLAIN = "plain"
MAPPED_AT_LEAST = 0.78
#: A name that is only partly that of an identifying column is in doubt, and so identifying.
NAMED_AT_LEAST = 0.7
#: More words than that per value are sentences.
SENTENCE_WORDS = 5
CONTACTS_IN_TEXT = 0.02
#: Values that repeat so often belong to many, not to one person.
REPEATED = ((0.2, 20), (0.6, 5))
VARIED, ROUND_SHARE = 0.2, 0.3
NAMES_AT_LEAST = 0.7
SHORT_CODE = 8
TYPED = ("boolean", "integer", "decimal", "date", "timestamp")


def propose_class(
    facts: ColumnFacts,
    mapped: Mapping[str, float],
    entity: str = "",
    depends_on_key: bool = False,
    is_text: bool = False,
) -> Decision[str]:
    """Return plain, a kind of identifying column, or undecided.

    Parameters
    ----------
    entity : str
        What the rows of the table are, as far as that is known.
    mapped : mapping of str to float
        Canonical fields (``products.name``) the column was found to be, with confidence.
    depends_on_key : bool
        Whether it is the same for all rows of one product, so a property of that.
    is_text : bool
        Whether a field takes its token: the text of a message, the cookie of a visit.
    """
    by_value = _by_value(facts)
    if by_value is not None:
        return by_value
    field, confidence = max(mapped.items(), key=lambda item: item[1], default=("", 0.0))
    named = _by_name(facts, entity) or _by_contents(facts)
    if named is None and _is_platform_name(facts, mapped):
        return Decision("handle", 0.6, remark("class_maybe_handle"))
    if confidence >= MAPPED_AT_LEAST and (named is None or confidence > named.confidence):
        return Decision(PLAIN, min(confidence, 0.95), remark("class_mapped", field=field))
    if depends_on_key:
        return Decision(PLAIN, 0.85, remark("class_of_product"))
    if named is None and is_text:
        return Decision("text", 0.8, remark("class_token_field"))
    return named or _by_kind(facts)


def _is_platform_name(facts: ColumnFacts, mapped: Mapping[str, float]) -> bool:
    """Return whether a column says who acts on a platform, by names and not by account numbers."""
    own = vocabulary()["customers"].fields["customer_source_id"].any
    is_actor = not mapped.keys().isdisjoint(rules()["platform_fields"])
    is_name = facts.kind in ("words", "list") and not are_codes(facts.distinct)
    return is_actor and is_name and best_likeness(facts.name, own) < NAMED_AT_LEAST


def _by_value(facts: ColumnFacts) -> Decision[str] | None:
    """Judge what the values alone say, dates and money aside."""
    if facts.kind in ("boolean", "decimal", "date", "timestamp", "empty"):
        return None
    found = recognised(facts.distinct)
    if found is not None:
        kind, share, name = found
        return Decision(kind, min(0.99, share), remark("class_recognised", share=share, name=name))
    return None


def _by_contents(facts: ColumnFacts) -> Decision[str] | None:
    if facts.kind == "words" and found_in_text(facts.distinct) >= CONTACTS_IN_TEXT:
        return Decision("text", 0.9, remark("class_contacts_inside"))
    return None


def _by_name(facts: ColumnFacts, entity: str) -> Decision[str] | None:
    """Judge by what the column is called; a name is believed unless the values cannot be that."""
    name = facts.name
    if entity in rules()["people"] and name.lower() in rules()["people_names"]:
        return Decision("name", 0.9, remark("class_named", kind="name"))
    if facts.kind == "boolean" or _is_harmless(name):
        return None
    scores = {kind: best_likeness(name, tuple(known)) for kind, known in rules()["names"].items()}
    kind = max(scores, key=lambda one: scores[one])
    if scores[kind] < NAMED_AT_LEAST or best_likeness(name, _shared()) >= scores[kind]:
        return None
    if kind == "birth_date" and facts.kind not in ("date", "timestamp", "empty", "code", "words"):
        return None
    if kind in ("name", "text", "handle") and facts.kind in TYPED:
        return None
    confidence = min(0.95, scores[kind])
    key = "class_named" if confidence >= MAPPED_AT_LEAST else "class_maybe_named"
    return Decision(kind, confidence, remark(key, kind=kind))


def _is_harmless(name: str) -> bool:
    words = words_of(name)
    endings, beginnings = rules()["harmless_endings"], rules()["harmless_beginnings"]
    if not words or max(best_likeness(name, tuple(k)) for k in rules()["names"].values()) == 1.0:
        return False
    last, first = words[-1], words[0]
    is_chinese_ending = any(not e.isascii() and last.endswith(e) for e in endings)
    return last in endings or first in beginnings or is_chinese_ending


@lru_cache(maxsize=1)
def _shared() -> tuple[str, ...]:
    """Return names of what many people share, and of canonical fields, which identify nobody."""
    names = [
        name
        for entity, words in vocabulary().items()
        for field in ENTITIES[entity].fields
        if field.kind != "token" and field.name not in rules()["clear_if_mapped"]
        if field.name in words.fields
        for name in words.fields[field.name].any
    ]
    return (*rules()["shared_names"], *names)


def _by_kind(facts: ColumnFacts) -> Decision[str]:  # noqa: PLR0911 (one per rule)
    """Judge by the shape of the values, where neither they nor the name say more."""
    if facts.kind == "empty":
        return _empty(facts.name)
    if facts.kind in TYPED:
        return _typed(facts)
    if _is_harmless(facts.name):
        return _plain("class_harmless_name", 0.85)
    if best_likeness(facts.name, _shared()) >= MAPPED_AT_LEAST:
        return _plain("class_shared_name", 0.85)
    if facts.words_per_value >= SENTENCE_WORDS:
        return Decision("text", 0.7, remark("class_sentences"))
    names = looks_like_names(facts.distinct) if facts.kind == "words" else 0.0
    is_repeated = any(
        facts.variety <= variety and facts.n_values >= rows for variety, rows in REPEATED
    )
    if names >= NAMES_AT_LEAST and facts.variety > VARIED:
        return Decision("name", 0.55, remark("class_maybe_names"))
    if is_repeated:
        return _plain("class_repeated", 0.75)
    is_list = facts.kind == "list"
    return Decision("text", 0.5, remark("class_maybe_list")) if is_list else _open("class_unknown")


def _empty(name: str) -> Decision[str]:
    is_shared = best_likeness(name, _shared()) >= MAPPED_AT_LEAST
    known = is_shared or _is_harmless(name)
    return _plain("class_shared_name", 0.7) if known else _open("class_empty")


def _typed(facts: ColumnFacts) -> Decision[str]:
    longest = max(map(len, facts.distinct))
    is_long_number = facts.kind == "integer" and longest > SHORT_CODE
    n_round = sum(value.endswith("000") for value in facts.distinct)
    is_amount = n_round >= ROUND_SHARE * len(facts.distinct)
    is_known = is_amount or _is_harmless(facts.name)
    if is_long_number and not is_known and facts.variety > VARIED:
        return _open("class_long_numbers")
    return _plain("class_typed", 0.9)


def _plain(key: str, confidence: float) -> Decision[str]:
    return Decision(PLAIN, confidence, remark(key))


def _open(key: str) -> Decision[str]:
    return Decision(UNDECIDED, 0.0, remark(key))
