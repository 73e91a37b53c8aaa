"""Which canonical entities a table feeds, and how its columns become their fields."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.profiling.decisions import NOTHING, Remark
from crm_tasks.profiling.keys import depends_on, is_key, multiplies
from crm_tasks.profiling.matching import (
    LIKE_AT_LEAST,
    Match,
    field_matches,
    matches,
    translation,
)
from crm_tasks.profiling.names import words_of
from crm_tasks.profiling.remarks import remark
from crm_tasks.profiling.vocabulary import EntityWords, vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from crm_tasks.profiling.columns import ColumnFacts

SIGNATURE_WEIGHT, NAME_WEIGHT, RANK_WEIGHT = 0.7, 0.3, 0.02
FIT_AT_LEAST = 0.5
ONLY_DATE, NUMBERED, JOINED, COMPUTED = 0.6, 0.8, 0.85, 0.75
#: A key of that name may hold duplicates; any other that repeats is not the key.
SURE_KEY = 0.95
#: A gate stops a run that refuses more than one row in twenty.
FILLED_AT_LEAST = 0.95
MONEY_DECIMALS = 2
MULTIPLIES_AT_LEAST = 0.9


@dataclass(frozen=True)
class Table:
    """A sampled table: its rows as text without null tokens, and what is known of its columns."""

    name: str
    rows: pa.Table
    facts: Mapping[str, ColumnFacts]
    is_whole: bool = True


@dataclass(frozen=True)
class FieldProposal:
    """How a field is read, as a profile writes it, how sure that is, and why."""

    mapping: Any
    confidence: float
    remark: Remark


@dataclass(frozen=True)
class FeedProposal:
    """One entity a table feeds; ``missing`` are required fields that nothing was found for."""

    entity: str
    fields: Mapping[str, FieldProposal]
    one_row_per: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    remark: Remark = NOTHING

    @property
    def columns(self) -> dict[str, str]:
        """Field by the column that is mapped onto it alone."""
        return {
            proposal.mapping: name
            for name, proposal in self.fields.items()
            if isinstance(proposal.mapping, str)
        }


@dataclass(frozen=True)
class Fit:
    """A table as rows of one entity: what was found for its fields."""

    words: EntityWords
    likeness: float
    found: Mapping[str, Match]
    parts: Mapping[str, Match] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    @property
    def signature(self) -> float:
        """How surely the fields without which it is not this entity are there; 0 if one is not."""
        scores = [max(map(self._score, part)) for part in self.words.signature]
        return sum(scores) / len(scores) if all(scores) else 0.0

    @property
    def confidence(self) -> float:
        return SIGNATURE_WEIGHT * self.signature + NAME_WEIGHT * self.likeness

    def _score(self, name: str) -> float:
        if name in self.found:
            return self.found[name].confidence
        if name in self.constants:
            return COMPUTED
        is_computed = name == "net_amount" and "unit_price" in self.parts
        return COMPUTED if is_computed and "quantity" in self.found else 0.0


def fit(table: Table, words: EntityWords, known: Mapping[str, Match] | None = None) -> Fit | None:
    """Return the table as rows of an entity, or None if too little of it is there.

    Parameters
    ----------
    known : mapping of str to Match, optional
        Fields that values in other tables settle.
    """
    likeness = words.likeness_of_table(table.name)
    told = {name: match for name, match in (known or {}).items() if name != words.own_key}
    found = {**matches(table.facts, words, likeness), **told}
    parts = {
        name: best
        for name, part in words.parts.items()
        if (best := _best(table, part, words, likeness, found)) is not None
    }
    found = _with_only_date(table, words, found)
    fitted = Fit(words, likeness, found, parts, _constants(table, words, found))
    return fitted if fitted.signature and fitted.confidence >= FIT_AT_LEAST else None


def best_fit(table: Table, known: Mapping[str, Match] | None = None) -> Fit | None:
    """Return what a table is rows of: the entity that fits best, the finer one if two do.

    A table with order, product and quantity is order lines, whatever it is called.
    """
    fits = [
        one
        for words in vocabulary().values()
        if (one := fit(table, words, known)) and _are_its_rows(table, one)
    ]
    best = max(fits, key=lambda one: one.confidence + RANK_WEIGHT * one.words.rank, default=None)
    if best is None:
        return None
    finer = (one for one in fits if best.words.name in one.words.makes)
    return next(finer, best)


def _are_its_rows(table: Table, fitted: Fit) -> bool:
    """Return whether rows are the entity's own: a key that repeats belongs to something else.

    Unless the table is called so: then it holds duplicates.
    """
    key = fitted.found.get(fitted.words.own_key or "")
    if key is None or fitted.words.key_from or fitted.likeness >= LIKE_AT_LEAST:
        return True
    return table.facts[key.column].variety == 1.0


def propose_feed(table: Table, fitted: Fit) -> FeedProposal:
    """Return the feed of the entity that a table's rows are."""
    fields = {name: _read(table, fitted.words, name, match) for name, match in fitted.found.items()}
    fields |= {
        name: FieldProposal({"constant": value}, COMPUTED, remark("match_variant"))
        for name, value in fitted.constants.items()
    }
    fields |= _amount(table, fitted)
    fields |= _key(table, fitted)
    return _with_gaps(table, complete(fitted.words.name, fields))


def _with_gaps(table: Table, feed: FeedProposal) -> FeedProposal:
    """Return the feed as open if a required field is empty in more rows than a gate lets pass."""
    required = {f.name for f in ENTITIES[feed.entity].fields if f.is_required}
    gaps = {
        name: 1 - table.facts[proposal.mapping].fill
        for name, proposal in feed.fields.items()
        if name in required
        and isinstance(proposal.mapping, str)
        and table.facts[proposal.mapping].fill < FILLED_AT_LEAST
    }
    if not gaps:
        return feed
    name, share = max(gaps.items(), key=lambda gap: gap[1])
    said = remark("feed_gaps", share=share, field=name)
    return replace(feed, missing=(*feed.missing, *gaps), remark=said)


def _read(table: Table, words: EntityWords, name: str, match: Match) -> FieldProposal:
    """Return how a field reads its column: as it stands, or its words translated."""
    field_ = next(f for f in ENTITIES[words.name].fields if f.name == name)
    mapping: Any = match.column
    said = match.remark
    if field_.kind == "word":
        foreign = translation(table.facts[match.column], field_, words)
        if foreign:
            mapping = {"column": match.column, "words": foreign}
            said += remark("match_translated")
    return FieldProposal(mapping, match.confidence, said)


def _constants(table: Table, words: EntityWords, found: Mapping[str, Match]) -> dict[str, str]:
    """Return what the names of the table and of the columns it maps say of all its rows."""
    names = [table.name, *(match.column for match in found.values())]
    said = {_singular(word) for name in names for word in words_of(name)}
    for variant in words.variants:
        if said & {_singular(word) for word in variant.words}:
            return {name: value for name, value in variant.constants.items() if name not in found}
    return {}


def _singular(word: str) -> str:
    return word.removesuffix("s")


def propose_group(table: Table, fitted: Fit) -> FeedProposal | None:
    """Return the feed of an entity made out of rows that agree in its key, or None.

    Only what is the same in all those rows is a property of it; that said, a name counts as in the
    entity's own table.
    """
    name = str(fitted.words.own_key)
    key = fitted.found.get(name)
    if key is None:
        return None
    own = {
        column: facts
        for column, facts in table.facts.items()
        if depends_on(table.rows, column, key.column)
    }
    found = {name: key, **matches(own, fitted.words, table_likeness=1.0)}
    fields = {
        field_name: FieldProposal(match.column, match.confidence, match.remark)
        for field_name, match in {**found, name: key}.items()
    }
    feed = complete(fitted.words.name, fields, (key.column,))
    return None if feed.missing else feed


def complete(
    entity: str, fields: Mapping[str, FieldProposal], one_row_per: tuple[str, ...] = ()
) -> FeedProposal:
    """Return a feed of these fields, in the entity's order, and what it lacks."""
    order = ENTITIES[entity].fields
    missing = tuple(
        f.name for f in order if (f.is_required or f.is_mapped) and f.name not in fields
    )
    ordered = {f.name: fields[f.name] for f in order if f.name in fields}
    said = remark("feed_grouped", key=one_row_per[0]) if one_row_per else NOTHING
    return FeedProposal(entity, ordered, one_row_per, missing, said)


def _best(
    table: Table, part: Any, words: EntityWords, likeness: float, found: Mapping[str, Match]
) -> Match | None:
    taken = {match.column for name, match in found.items() if name != "retail_discount_amount"}
    options = field_matches(table.facts, part, words, None, likeness)
    free = (match for match in options if match.column not in taken)
    return max(free, key=lambda match: match.confidence, default=None)


def _with_only_date(
    table: Table, words: EntityWords, found: Mapping[str, Match]
) -> dict[str, Match]:
    """Add the only date of a table as when it happened, if no name says that another is."""
    event = ENTITIES[words.name].event_time
    completed = dict(found)
    if event is None or event.name in found or not (event.is_required or event.is_mapped):
        return completed
    dates = [name for name, column in table.facts.items() if column.kind in ("date", "timestamp")]
    taken = {match.column for match in found.values()}
    free = [name for name in dates if name not in taken]
    # A date that says something else already may say this too, if there is no other.
    dates = free if len(free) == 1 else dates
    if len(dates) == 1:
        completed[event.name] = Match(dates[0], ONLY_DATE, remark("match_only_date"))
    return completed


def _amount(table: Table, fitted: Fit) -> dict[str, FieldProposal]:
    """Return the amount as quantity times unit price, if no column holds it."""
    quantity, price = fitted.found.get("quantity"), fitted.parts.get("unit_price")
    direct = fitted.found.get("net_amount")
    if quantity is None or price is None:
        return {}
    factors = (quantity.column, price.column)
    if direct is not None:
        share = multiplies(table.rows, factors, direct.column)
        if share >= MULTIPLIES_AT_LEAST or direct.confidence >= price.confidence:
            return {}
    discount = fitted.parts.get("discount")
    mapping: dict[str, Any] = {"multiply": list(factors)}
    said = remark("amount_computed", quantity=quantity.column, price=price.column)
    if discount is not None:
        mapping["less"] = [discount.column]
        said += remark("amount_less", discount=discount.column)
    mapping["decimals"] = MONEY_DECIMALS
    confidence = round(COMPUTED * min(1.0, quantity.confidence + 1 - LIKE_AT_LEAST), 2)
    return {"net_amount": FieldProposal(mapping, confidence, said)}


def _key(table: Table, fitted: Fit) -> dict[str, FieldProposal]:
    """Return the entity's own key: a column, columns joined, or rows numbered."""
    key = fitted.words.own_key
    if key is None:
        return {}
    own = fitted.found.get(key)
    unique = own is not None and table.facts[own.column].is_unique
    if own is not None and (unique or own.confidence >= SURE_KEY or not fitted.words.key_from):
        said = own.remark + remark("key_unique" if unique else "key_repeats")
        return {key: FieldProposal(own.column, own.confidence, said)}
    columns = [fitted.found[name].column for name in fitted.words.key_from if name in fitted.found]
    if not columns:
        return {key: FieldProposal(own.column, own.confidence, own.remark)} if own else {}
    return {key: _joined(table, columns)}


def _joined(table: Table, columns: list[str]) -> FieldProposal:
    is_filled = all(table.facts[name].fill == 1.0 for name in columns)
    if is_filled and is_key(table.rows, columns):
        mapping = columns[0] if len(columns) == 1 else {"concat": columns}
        return FieldProposal(mapping, JOINED, remark("key_joined", columns=", ".join(columns)))
    said = remark("key_numbered", columns=", ".join(columns))
    return FieldProposal({"numbered": columns}, NUMBERED, said)
