"""A table of the profile to be, as far as its files alone tell: how it is written, which rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.profiling.columns import ColumnFacts, column_facts, propose_null_tokens
from crm_tasks.profiling.headers import name_problem, propose_header
from crm_tasks.profiling.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crm_tasks.profiling.containers import Container
    from crm_tasks.profiling.decisions import Decision, Remark


@dataclass(frozen=True)
class Writing:
    """How a file is written: what a profile says of a table before its columns."""

    container: Decision[Container]
    packed_by: str = "none"
    encoding: Decision[str] | None = None
    delimiter: Decision[str] | None = None
    quote: Decision[str] | None = None
    escape: str = ""
    has_header: Decision[bool] | None = None
    sheet: str | None = None

    @property
    def told(self) -> tuple[object, ...]:
        """What must be equal for two files to be of one table."""
        decisions = (self.encoding, self.delimiter, self.quote, self.has_header)
        values = [decision.value if decision else None for decision in decisions]
        return (self.container.value, self.packed_by, self.escape, self.sheet, *values)


@dataclass(frozen=True)
class Draft:
    """One file, or several that are alike, as one table.

    ``rows`` is the sample as text under the file's own column names; ``problems`` are what the
    user must mend in the files before any profile can read them.
    """

    label: str
    files: tuple[str, ...]
    writing: Writing
    rows: pa.Table
    is_whole: bool
    null_tokens: tuple[str, ...] = ("",)
    facts: Mapping[str, ColumnFacts] = field(default_factory=dict)
    problems: tuple[Remark, ...] = ()

    @property
    def known(self) -> pa.Table:
        """The rows with NULL where a text means "no value"."""
        tokens = pa.array(list(self.null_tokens), pa.string())
        columns = {}
        for name in self.rows.column_names:
            values = self.rows.column(name)
            is_null = pa.compute.is_in(pa.compute.utf8_trim_whitespace(values), value_set=tokens)
            columns[name] = pa.compute.if_else(is_null, pa.scalar(None, pa.string()), values)
        return pa.table(columns)


def with_header(rows: pa.Table) -> tuple[pa.Table, Decision[bool], Remark | None]:
    """Return headerless rows under their names, whether a header was found, and what is wrong."""
    first = [column[0].as_py() for column in rows.columns] if rows.num_rows else []
    below = rows.slice(1)
    found = propose_header(first, below, column_facts(below, propose_null_tokens(below)))
    if not found.value:
        names = [f"column_{number}" for number in range(1, rows.num_columns + 1)]
        return rows.rename_columns(names), found, None
    names = [(name or "").strip() for name in first]
    wrong = name_problem(names)
    if wrong is None:
        return below.rename_columns(names), found, None
    unique = [f"{name}_{number}" for number, name in enumerate(names, 1)]
    return below.rename_columns(unique), found, wrong.remark


def judged(draft: Draft) -> Draft:
    """Return a draft with its null tokens and the facts of its columns."""
    typed_in_file = draft.writing.container.value.format == "parquet"
    tokens = ("",) if typed_in_file else propose_null_tokens(draft.rows)
    return replace(draft, null_tokens=tokens, facts=column_facts(draft.rows, tokens))


def merged(drafts: Sequence[Draft]) -> list[Draft]:
    """Return the drafts with files that are alike put together: one table of several files."""
    groups: dict[object, list[Draft]] = {}
    for draft in drafts:
        stem = "".join(sign for sign in draft.label if not sign.isdigit()).strip(" _-.()")
        key = (stem, frozenset(draft.rows.column_names), draft.writing.told)
        groups.setdefault(key, []).append(draft)
    return [_joined(group, str(key[0])) for key, group in groups.items()]  # type: ignore[index]


def _joined(group: Sequence[Draft], stem: str) -> Draft:
    first = group[0]
    if len(group) == 1:
        return first
    names = first.rows.column_names
    rows = pa.concat_tables([draft.rows.select(names) for draft in group])
    return replace(
        first,
        label=stem,
        files=tuple(file for draft in group for file in draft.files),
        rows=rows,
        is_whole=all(draft.is_whole for draft in group),
        problems=tuple(dict.fromkeys(p for draft in group for p in draft.problems)),
    )


def unreadable(label: str, file: str, why: str, writing: Writing) -> Draft:
    """Return the draft of a file that no profile can read."""
    said = remark("file_unreadable", why=why)
    return Draft(label, (file,), writing, pa.table({}), is_whole=False, problems=(said,))
