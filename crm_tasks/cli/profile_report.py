"""What `crm profile` prints: what will be on and off, what is left to decide, what comes next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crm_tasks.cli.console import output, print_table
from crm_tasks.profiles.mappings import columns_read
from crm_tasks.profiling.classes import PLAIN
from crm_tasks.profiling.decisions import SURE
from crm_tasks.steps.coverage import IDENTIFYING, coverage_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crm_tasks.profiles.mappings import Feed
    from crm_tasks.profiling.company import Proposal, SourceProposal
    from crm_tasks.profiling.decisions import Remark
    from crm_tasks.profiling.proposal import TableProposal
    from crm_tasks.steps.profile_check import Checked

LISTED_AT_MOST = 15


def tell_proposal(proposal: Proposal, target: Path) -> None:
    """Print what was proposed, what is left to decide, and the next command."""
    _say(f"wrote {target}")
    print_table(
        ("table", "columns", "identifying", "undecided", "feeds"),
        (_told(source, table) for source in proposal.sources for table in source.tables),
    )
    fed = {feed.entity for table in proposal.tables for feed in table.feeds}
    kinds = {d.value for table in proposal.tables for d in table.classes.values()}
    _tell_coverage(coverage_of(fed | ({IDENTIFYING} if kinds - {PLAIN} else set())))
    looks = [*_worth_a_look(proposal)]
    if looks:
        _say("\nworth a look (least sure first):")
        for confidence, where, said in sorted(looks)[:LISTED_AT_MOST]:
            _say(f"  {confidence:.2f} {where}: {said}")
    if proposal.edits:
        _say(f"\nedits it needs before it runs: {len(proposal.edits)}")
        for edit in proposal.edits:
            _say(f"  {edit.where}: {edit.remark.en}")
    tell_next(target, is_decided=not proposal.edits)


def tell_next(target: Path, *, is_decided: bool) -> None:
    """Print the next command."""
    before = "" if is_decided else "then "
    _say(f"\nnext: {before}crm profile check {target}")


def tell_checked(checked: Checked) -> None:
    """Print what was sampled and how it fits, what will be on and off, and all findings."""
    if checked.samples:
        print_table(
            ("table", "files read", "records sampled", "set aside"),
            ((s.name, s.n_parts, s.n_kept, sum(s.refused.values())) for s in checked.samples),
        )
    rows = [*_fits(checked)]
    if rows:
        columns = ("table", "columns", "field", "sampled values that fit")
        print_table(columns, rows, "\n")
    _tell_coverage(checked.coverage)
    for finding in checked.findings:
        _say(f"{finding.level}: {finding.where}: {finding.message}")


def _told(source: SourceProposal, table: TableProposal) -> tuple[object, ...]:
    kinds = [decision.value for decision in table.classes.values()]
    n_undecided = len(table.undecided)
    n_identifying = sum(kind not in (PLAIN, "undecided") for kind in kinds)
    feeds = ", ".join(feed.entity for feed in table.feeds) or "nothing"
    return (f"{source.name}.{table.draft.label}", len(kinds), n_identifying, n_undecided, feeds)


def _fits(checked: Checked) -> Iterator[tuple[str, str, str, str]]:
    """Yield per field what it reads and how many of its sampled values fit."""
    feeds: dict[tuple[str, str], Feed] = {
        (sample.name, feed.entity): feed
        for sample in checked.samples
        for feed in sample.table.feeds
    }
    for fit in checked.fits:
        mapping = feeds[fit.batch_id, fit.entity].map
        for field in fit.fields:
            if field.n_values:
                columns = ", ".join(columns_read(mapping[field.field])) or "(constant)"
                fitting = f"{field.n_fit} of {field.n_values}"
                yield fit.batch_id, columns, f"{fit.entity}.{field.field}", fitting


def _tell_coverage(rows: Sequence[dict[str, str]]) -> None:
    if not rows:
        return
    on = ", ".join(row["capability"] for row in rows if row["status"] == "on")
    _say(f"\non: {on or 'nothing'}")
    for row in rows:
        if row["status"] == "off":
            _say(f"off: {row['capability']}: {row['reason']}")


def _worth_a_look(proposal: Proposal) -> Iterator[tuple[float, str, str]]:
    """Yield what was decided without being sure: confidence, where, why."""
    for where, decision in (
        ("time_zone", proposal.time_zone),
        ("currency_code", proposal.currency),
    ):
        if decision.confidence < SURE:
            yield decision.confidence, where, decision.remark.en
    for table in proposal.tables:
        for where, confidence, remark in _doubts(table):
            if confidence < SURE:
                yield confidence, f"{table.draft.label}.{where}", remark.en


def _doubts(table: TableProposal) -> Iterator[tuple[str, float, Remark]]:
    writing = table.draft.writing
    for name in ("encoding", "delimiter", "has_header"):
        decision = getattr(writing, name)
        if decision is not None:
            yield name, decision.confidence, decision.remark
    for name, one in table.classes.items():
        if one.confidence:
            yield f"columns.{name}", one.confidence, one.remark
    for feed in table.feeds:
        for name, proposal in feed.fields.items():
            yield f"{feed.entity}.{name}", proposal.confidence, proposal.remark


def _say(text: str) -> None:
    output.print(text, markup=False, highlight=False, soft_wrap=True)
