"""`crm profile init`: from a company's files to a profile that runs, or says what to decide."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from crm_tasks.errors import ProfileError
from crm_tasks.profiling.company import (
    Proposal,
    SourceProposal,
    Told,
    propose_company,
    table_name,
    unique_names,
)
from crm_tasks.profiling.document import write_profile
from crm_tasks.profiling.fitting import fitted_to, template_of
from crm_tasks.profiling.proposal import propose_tables
from crm_tasks.steps.profile_drafts import drafts_of
from crm_tasks.warehouse.files import write_text_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from crm_tasks.connectors.preflight import Limits
    from crm_tasks.profiles import SourceTable
    from crm_tasks.profiling.proposal import TableProposal

NOTHING_TOLD = Told()


def propose(
    paths: Sequence[Path],
    out: Path,
    limits: Limits,
    told: Told = NOTHING_TOLD,
    templates: Sequence[SourceTable] = (),
) -> Proposal:
    """Return the profile proposed for these files: a source per folder.

    Parameters
    ----------
    out : Path
        Where the profile will lie; folders are named as seen from there.
    templates : sequence of SourceTable
        Tables of a template: what it knows of the files' columns goes before any proposal.

    Raises
    ------
    ProfileError
        A file is not there.
    """
    absent = [path for path in paths if not path.is_file()]
    if absent:
        raise ProfileError(f"no file {absent[0]}")
    resolved = sorted(path.resolve() for path in paths)
    folders = [(folder, list(own)) for folder, own in groupby(resolved, lambda path: path.parent)]
    names = unique_names(folder.name for folder, _ in folders)
    sources = [
        SourceProposal(
            name=source,
            root=os.path.relpath(folder, out.resolve().parent),
            tables=tuple(_tables(own, limits, templates)),
        )
        for source, (folder, own) in zip(names, folders, strict=True)
    ]
    called = table_name(told.name) if told.name else names[0]
    return propose_company(replace(told, name=called), sources)


def _tables(
    paths: Sequence[Path], limits: Limits, templates: Sequence[SourceTable]
) -> Iterator[TableProposal]:
    for proposal in propose_tables(drafts_of(paths, limits)):
        template = template_of(proposal.draft, templates)
        yield fitted_to(proposal, template) if template else proposal


def write(proposal: Proposal, out: Path) -> str:
    """Write the profile and return its text.

    Raises
    ------
    ProfileError
        The file is there already: somebody may have edited it.
    """
    return write_new(write_profile(proposal), out)


def write_new(text: str, out: Path) -> str:
    """Write a file that is not there yet and return its text.

    Raises
    ------
    ProfileError
        It is there already.
    """
    if out.exists():
        raise ProfileError(f"{out} exists; remove it or choose another name with --out")
    write_text_atomically(out, text)
    return text
