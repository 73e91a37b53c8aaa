"""All tables of a company together: what each feeds, what identifies people, what is open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crm_tasks.contracts.entities import ENTITIES
from crm_tasks.profiles.base import UNDECIDED
from crm_tasks.profiling.classes import PLAIN, propose_class
from crm_tasks.profiling.formats import Formats, propose_formats
from crm_tasks.profiling.keys import depends_on
from crm_tasks.profiling.mapping import (
    FeedProposal,
    Fit,
    Table,
    best_fit,
    fit,
    propose_feed,
    propose_group,
)
from crm_tasks.profiling.people import Classes, with_same_people
from crm_tasks.profiling.persons import with_identity
from crm_tasks.profiling.references import Masters, known_references, masters_of
from crm_tasks.profiling.vocabulary import vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crm_tasks.contracts.entities import Field
    from crm_tasks.profiling.decisions import Decision, Remark
    from crm_tasks.profiling.drafts import Draft


@dataclass(frozen=True)
class TableProposal:
    """One table as it will stand in the profile.

    ``open`` are feeds that lack a required field: they are shown as comments and do not run.
    """

    draft: Draft
    classes: Mapping[str, Decision[str]]
    feeds: tuple[FeedProposal, ...]
    open: tuple[FeedProposal, ...]
    formats: Mapping[str, Formats]

    @property
    def undecided(self) -> tuple[tuple[str, Remark], ...]:
        """What the user must decide before the profile runs: where, and between what."""
        columns = [
            (f"columns.{name}", decision.remark)
            for name, decision in self.classes.items()
            if decision.value == UNDECIDED
        ]
        values = [
            (f"column_values.{name}", formats.undecided)
            for name, formats in self.formats.items()
            if formats.undecided is not None
        ]
        return (*columns, *values)


def propose_tables(drafts: Sequence[Draft]) -> list[TableProposal]:
    """Return what each table feeds, the classes of its columns and how their values are written."""
    tables = [Table(draft.label, draft.known, draft.facts, draft.is_whole) for draft in drafts]
    first = [best_fit(table) for table in tables]
    masters = masters_of(tables, first)
    fits = [_refit(table, fitted, masters) for table, fitted in zip(tables, first, strict=True)]
    masters = masters_of(tables, fits)
    feeds = [_feeds(table, fitted, masters) for table, fitted in zip(tables, fits, strict=True)]
    names = [fitted.words.name if fitted else "" for fitted in fits]
    classes = with_same_people(tables, feeds, list(map(_classes, tables, feeds, names)))
    return list(map(_settled, drafts, tables, feeds, classes, fits))


def _refit(table: Table, fitted: Fit | None, masters: Masters) -> Fit | None:
    """Return the fit once more, with what values in other tables say of references."""
    known = known_references(table, fitted, masters)
    return best_fit(table, known) if known else fitted


def _classes(table: Table, feeds: Sequence[FeedProposal], entity: str) -> Classes:
    product = next((feed for feed in feeds if feed.entity == "products"), None)
    key = str(product.fields["product_source_id"].mapping) if product else None
    texts = {
        str(proposal.mapping)
        for feed in feeds
        for name, proposal in feed.fields.items()
        if name.endswith("_token")
    }
    return {
        name: propose_class(
            facts,
            _mapped_to(name, feeds),
            entity,
            depends_on_key=key is not None and depends_on(table.rows, name, key),
            is_text=name in texts,
        )
        for name, facts in table.facts.items()
    }


def _settled(
    draft: Draft,
    table: Table,
    feeds: Sequence[FeedProposal],
    classes: Classes,
    fitted: Fit | None,
) -> TableProposal:
    own = fitted.words.name if fitted else ""
    feeds = [
        with_identity(
            table, feed, classes, fitted.likeness if fitted and not feed.one_row_per else 1.0
        )
        for feed in feeds
    ]
    feeds = [feed for feed in feeds if not feed.one_row_per or _is_worth(feed, own)]
    kinds = {name: one.value for name, one in classes.items() if one.value != PLAIN}
    feeds = [_with_tokens(feed, kinds) for feed in feeds]
    return TableProposal(
        draft=draft,
        classes=classes,
        feeds=tuple(feed for feed in feeds if not feed.missing),
        open=tuple(feed for feed in feeds if feed.missing),
        formats=propose_formats(table.facts, feeds, kinds),
    )


def _feeds(table: Table, fitted: Fit | None, masters: Masters) -> list[FeedProposal]:
    """Return the feed of a table's own entity, and of those made out of its rows."""
    if fitted is None:
        return []
    made = []
    for entity in fitted.words.makes:
        if entity in masters:
            continue
        part = fit(table, vocabulary()[entity])
        group = propose_group(table, part) if part else None
        made += [group] if group else []
    return [*made, propose_feed(table, fitted)]


def _is_worth(group: FeedProposal, own: str) -> bool:
    """Return whether an entity made of rows says more than its key, which core knows anyway."""
    return len(group.fields) > 1 or own == "order_items"


def _mapped_to(column: str, feeds: Sequence[FeedProposal]) -> dict[str, float]:
    """Return the fields a column is mapped onto, with confidence; those of tokens apart."""
    kinds = {(feed.entity, f.name): f.kind for feed in feeds for f in ENTITIES[feed.entity].fields}
    return {
        f"{feed.entity}.{name}": proposal.confidence
        for feed in feeds
        for name, proposal in feed.fields.items()
        if column in columns_of(proposal.mapping) and kinds[feed.entity, name] != "token"
    }


def columns_of(mapping: Any) -> tuple[str, ...]:
    """Return the columns that a mapping, as a profile writes it, reads."""
    if isinstance(mapping, str):
        return (mapping,)
    return tuple(
        name
        for key, names in mapping.items()
        if key in ("concat", "numbered", "multiply", "less", "column")
        for name in ([names] if isinstance(names, str) else names)
    )


def _with_tokens(feed: FeedProposal, kinds: Mapping[str, str]) -> FeedProposal:
    """Return a feed that reads tokens where its columns identify people.

    A token is as good a key as what it stands for, and no good as anything else.
    """
    known = {f.name: f for f in ENTITIES[feed.entity].fields}
    fields = {
        name: replace(proposal, mapping=_tokenised(proposal.mapping, kinds))
        for name, proposal in feed.fields.items()
        if _may_read(known[name], set(columns_of(proposal.mapping)) & set(kinds))
    }
    lost = tuple(name for name in feed.fields if name not in fields)
    required = {f.name for f in known.values() if f.is_required or f.is_mapped}
    missing = (*feed.missing, *(name for name in lost if name in required))
    groups = tuple(_token(name, kinds) for name in feed.one_row_per)
    return replace(feed, fields=fields, missing=missing, one_row_per=groups)


def _may_read(field: Field, identifying: set[str]) -> bool:
    """Return whether a field may read its columns, some of which land as tokens only."""
    if field.kind == "token":
        return bool(identifying)
    return not identifying or field.name.endswith(("_source_id", "_source_ids"))


def _tokenised(mapping: Any, kinds: Mapping[str, str]) -> Any:
    if isinstance(mapping, str):
        return _token(mapping, kinds)
    return {
        key: [_token(name, kinds) for name in names] if isinstance(names, list) else names
        for key, names in mapping.items()
    }


def _token(name: str, kinds: Mapping[str, str]) -> str:
    return f"{name}_token" if kinds.get(name, UNDECIDED) != UNDECIDED else name
