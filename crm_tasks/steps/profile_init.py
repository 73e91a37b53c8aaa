"""`crm profile init`: from a company's files to a profile that runs, or says what to decide."""

from __future__ import annotations

import os
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
from crm_tasks.profiling.proposal import propose_tables
from crm_tasks.steps.profile_drafts import drafts_of
from crm_tasks.warehouse.files import write_text_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crm_tasks.connectors.preflight import Limits


def propose(
    paths: Sequence[Path],
    out: Path,
    limits: Limits,
    name: str | None = None,
    *,
    time_zone: str | None = None,
    currency_code: str | None = None,
) -> Proposal:
    """Return the profile proposed for these files: a source per folder.

    Parameters
    ----------
    out : Path
        Where the profile will lie; folders are named as seen from there.

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
            tables=tuple(propose_tables(drafts_of(own, limits))),
        )
        for source, (folder, own) in zip(names, folders, strict=True)
    ]
    called = table_name(name) if name else names[0]
    return propose_company(Told(called, time_zone, currency_code), sources)


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
