"""A template fitted to files: what it says of their columns is kept, the rest stays as proposed."""

from __future__ import annotations

import fnmatch
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crm_tasks.profiles.mappings import columns_read
from crm_tasks.profiles.tables import IdentifyingColumn
from crm_tasks.profiling.classes import PLAIN
from crm_tasks.profiling.decisions import SURE, Decision
from crm_tasks.profiling.formats import propose_formats
from crm_tasks.profiling.mapping import FeedProposal, FieldProposal, complete
from crm_tasks.profiling.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.profiles.mappings import Feed, Mapping
    from crm_tasks.profiles.tables import SourceTable
    from crm_tasks.profiling.drafts import Draft
    from crm_tasks.profiling.proposal import TableProposal

#: As much of a template's table has to be in a file that it is that table.
KNOWN_AT_LEAST, COLUMNS_AT_LEAST = 0.4, 3
TOKEN = "_token"  # noqa: S105 (the ending of a column's name)


def template_of(draft: Draft, templates: Sequence[SourceTable]) -> SourceTable | None:
    """Return the table of a template that a file is, by its name and columns, or None."""
    columns = set(draft.rows.column_names)

    def fit(table: SourceTable) -> tuple[bool, int]:
        is_named = any(fnmatch.fnmatch(file, table.files or "") for file in draft.files)
        return is_named, len(columns & set(table.columns))

    def is_able(table: SourceTable) -> bool:
        is_named, n_shared = fit(table)
        n_needed = 0 if is_named else KNOWN_AT_LEAST * len(table.columns)
        return n_shared >= max(COLUMNS_AT_LEAST, n_needed)

    return max(filter(is_able, templates), key=fit, default=None)


def fitted_to(proposal: TableProposal, template: SourceTable) -> TableProposal:
    """Return a proposal with what a template knows of the file's columns.

    A column the template calls plain and whose values say otherwise stays identifying.
    """
    classes = {
        name: _class(decision, template, name) for name, decision in proposal.classes.items()
    }
    kinds = {name: one.value for name, one in classes.items() if one.value != PLAIN}
    feeds = [found for feed in template.feeds if (found := _feed(feed, set(classes))) is not None]
    return replace(
        proposal,
        classes=classes,
        feeds=tuple(feed for feed in feeds if not feed.missing),
        open=tuple(feed for feed in feeds if feed.missing),
        formats=propose_formats(proposal.draft.facts, feeds, kinds),
    )


def _class(decision: Decision[str], template: SourceTable, name: str) -> Decision[str]:
    told = template.columns.get(name)
    if told is None:
        return decision
    if isinstance(told, IdentifyingColumn):
        return Decision(told.identifying, 1.0, remark("from_template"))
    is_recognised = decision.value != PLAIN and decision.confidence >= SURE
    return decision if is_recognised else Decision(PLAIN, 1.0, remark("from_template"))


def _feed(feed: Feed, columns: set[str]) -> FeedProposal | None:
    """Return a template's feed as far as a file has its columns, None if it has none of its key."""
    groups = feed.one_row_per or ()
    if not {_bare(name) for name in groups} <= columns:
        return None
    fields = {
        name: FieldProposal(_as_written(mapping), 1.0, remark("from_template"))
        for name, mapping in feed.map.items()
        if {_bare(column) for column in columns_read(mapping)} <= columns
    }
    return complete(feed.entity, fields, groups)


def _bare(name: str) -> str:
    return name.removesuffix(TOKEN)


def _as_written(mapping: Mapping) -> Any:
    if isinstance(mapping, str):
        return mapping
    return mapping.model_dump(mode="json", exclude_defaults=True)
