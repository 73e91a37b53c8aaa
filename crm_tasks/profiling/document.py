"""A proposal as YAML, with a comment beside each decision."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from crm_tasks.profiles.base import UNDECIDED
from crm_tasks.profiling.classes import PLAIN
from crm_tasks.profiling.company import unique_names
from crm_tasks.profiling.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crm_tasks.profiling.company import Proposal, SourceProposal
    from crm_tasks.profiling.decisions import Decision
    from crm_tasks.profiling.drafts import Draft
    from crm_tasks.profiling.mapping import FeedProposal
    from crm_tasks.profiling.proposal import TableProposal

#: What the end of a file's name says of its packing, so that a profile need not.
PACKED_ENDINGS = {".gz": "gzip", ".zip": "zip"}
NO_FOLD = 100_000


def write_profile(proposal: Proposal) -> str:
    """Return the profile as text."""
    document = CommentedMap()
    document["profile"] = proposal.name
    document["title"] = proposal.name.replace("_", " ").capitalize()
    n_files = sum(len(table.draft.files) for table in proposal.tables)
    document["provenance"] = f"Proposed by crm profile init from {n_files} files"
    _decide(document, "time_zone", proposal.time_zone)
    _decide(document, "currency_code", proposal.currency)
    document["contact"] = CommentedMap(
        channels=_flow(proposal.channels), consent_when_unknown="deny"
    )
    if proposal.phone_regions is not None:
        told = CommentedMap(phone_regions=_flow(proposal.phone_regions.value))
        told.yaml_add_eol_comment(proposal.phone_regions.comment, "phone_regions")
        document["identity"] = told
    document["sources"] = CommentedSeq([_source(source) for source in proposal.sources])
    document.yaml_set_start_comment(_head(proposal))
    return _dumped(document)


def _head(proposal: Proposal) -> str:
    lines = [
        "Proposed by `crm profile init`. Beside each decision: how sure it is (0 to 1), and why.",
        "由 `crm profile init` 生成。每项旁注明把握（0 到 1）和理由。",
        "Next: `crm profile check FILE`, then `crm run --profile FILE`.",
    ]
    if proposal.edits:
        lines.append(f"Before it runs, {len(proposal.edits)} edits (运行前需修改):")
        lines += [f"  {edit.where}: {edit.remark}" for edit in proposal.edits]
    return "\n".join(lines)


def _source(source: SourceProposal) -> CommentedMap:
    told = CommentedMap(source_system=source.name, root=source.root)
    told["known_at"] = _flow({"rule": "event"})
    told.yaml_add_eol_comment(str(remark("known_at_event")), "known_at")
    readable = [table for table in source.tables if table.draft.rows.num_columns]
    names = unique_names(table.draft.label for table in readable)
    named = zip(names, readable, strict=True)
    told["tables"] = CommentedSeq([_table(name, table) for name, table in named])
    return told


def _table(name: str, table: TableProposal) -> CommentedMap:
    draft = table.draft
    told = CommentedMap(name=name, files=_pattern(draft.files))
    _writing(told, draft)
    if len(draft.null_tokens) > 1:
        told["null_tokens"] = _flow(draft.null_tokens)
    columns = CommentedMap()
    for column, decision in table.classes.items():
        columns[column] = _class(decision.value, table.draft.facts[column].kind)
        columns.yaml_add_eol_comment(_with_facts(table, column), column)
    told["columns"] = columns
    _formats(told, table)
    told["feeds"] = CommentedSeq([_feed(feed) for feed in table.feeds])
    if not table.feeds:
        told["feeds"].fa.set_flow_style()
    before = _open_feeds(table)
    if before:
        told.yaml_set_comment_before_after_key("feeds", before=before, indent=8)
    return told


def _writing(told: CommentedMap, draft: Draft) -> None:
    writing = draft.writing
    container = writing.container
    told["format"] = container.value.format
    told.yaml_add_eol_comment(container.comment, "format")
    endings = (one for one in PACKED_ENDINGS if draft.files[0].lower().endswith(one))
    if PACKED_ENDINGS.get(next(endings, ""), "none") != writing.packed_by:
        told["compression"] = writing.packed_by
    for key, decision in (
        ("encoding", writing.encoding),
        ("delimiter", writing.delimiter),
        ("quote", writing.quote),
    ):
        if decision is not None:
            _decide(told, key, decision)
    if writing.escape:
        told["escape"] = writing.escape
    if writing.has_header is not None:
        _decide(told, "has_header", writing.has_header)
    if writing.sheet is not None:
        told["sheet"] = writing.sheet
    if container.value.records:
        told["records"] = container.value.records


def _class(value: str, kind: str) -> Any:
    if value in (PLAIN, UNDECIDED):
        return value
    return _flow({"identifying": value, **({"is_list": True} if kind == "list" else {})})


def _with_facts(table: TableProposal, column: str) -> str:
    decision, facts = table.classes[column], table.draft.facts[column]
    said = decision.remark
    if facts.moments is not None:
        said += facts.moments.remark
    elif facts.numbers is not None:
        said += facts.numbers.remark
    return f"{decision.confidence:.2f} {said}"


def _formats(told: CommentedMap, table: TableProposal) -> None:
    if not table.formats:
        return
    declared = CommentedMap()
    for column, formats in table.formats.items():
        declared[column] = _flow(dict(formats.declared))
        if formats.undecided is not None:
            declared.yaml_add_eol_comment(f"DECIDE: {formats.undecided}", column)
    told["column_values"] = declared


def _feed(feed: FeedProposal) -> CommentedMap:
    told = CommentedMap(entity=feed.entity)
    if feed.one_row_per:
        told["one_row_per"] = _flow(feed.one_row_per)
        told.yaml_add_eol_comment(str(feed.remark), "one_row_per")
    told["map"] = CommentedMap()
    for name, proposal in feed.fields.items():
        mapping = proposal.mapping
        told["map"][name] = mapping if isinstance(mapping, str) else _flow(mapping)
        told["map"].yaml_add_eol_comment(f"{proposal.confidence:.2f} {proposal.remark}", name)
    return told


def _open_feeds(table: TableProposal) -> str:
    lines: list[str] = []
    if not table.feeds and not table.open:
        lines.append(str(remark("feed_none")))
    for feed in table.open:
        absent = [name for name in feed.missing if name not in feed.fields]
        said = remark("feed_open", entity=feed.entity)
        if absent:
            said += remark("feed_lacks", missing=", ".join(absent))
        lines.append(str(said + feed.remark))
        shown = _feed(feed)
        for name in absent:
            shown["map"][name] = "?"
        lines += _dumped(CommentedSeq([shown])).rstrip().splitlines()
    return "\n".join(lines)


def _decide(told: CommentedMap, key: str, decision: Decision[Any]) -> None:
    told[key] = decision.value
    told.yaml_add_eol_comment(decision.comment, key)


def _pattern(files: Sequence[str]) -> str:
    """Return a file's name, or the pattern of several that differ in the middle."""
    if len(files) == 1:
        return _escaped(files[0])
    first, last = min(files), max(files)
    n = next(i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    behind = [name[::-1] for name in files]
    low, high = min(behind), max(behind)
    m = next(i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b)
    return f"{_escaped(first[:n])}*{_escaped(first[len(first) - m :])}"


def _escaped(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _flow(values: Mapping[str, Any] | Iterable[Any]) -> Any:
    made: Any
    if isinstance(values, dict):
        made = CommentedMap(
            (key, _flow(value) if isinstance(value, list) else value)
            for key, value in values.items()
        )
    else:
        made = CommentedSeq(values)
    made.fa.set_flow_style()
    return made


def _dumped(document: Any) -> str:
    yaml = YAML()
    yaml.width = NO_FOLD
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    written = io.StringIO()
    yaml.dump(document, written)
    return written.getvalue()
