"""`crm profile init`: from a company's files to a profile that runs, or says what to decide."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from crm_tasks.errors import ProfileError
from crm_tasks.profiling.company import Place, Proposal, propose_company, table_name
from crm_tasks.profiling.document import write_profile
from crm_tasks.profiling.proposal import propose_tables
from crm_tasks.steps.profile_drafts import drafts_of
from crm_tasks.warehouse.files import write_text_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crm_tasks.connectors.preflight import Limits


def propose(paths: Sequence[Path], place: Place, limits: Limits) -> Proposal:
    """Return the profile proposed for these files."""
    return propose_company(place, propose_tables(drafts_of(paths, limits)))


def place_of(paths: Sequence[Path], out: Path, name: str | None, **said: str | None) -> Place:
    """Return where the files lie, seen from the profile, and how the profile is called.

    Raises
    ------
    ProfileError
        A file is not there, or two lie in different folders: a source has one folder.
    """
    absent = [path for path in paths if not path.is_file()]
    if absent:
        raise ProfileError(f"no file {absent[0]}")
    folders = {path.resolve().parent for path in paths}
    if len(folders) > 1:
        listed = ", ".join(sorted(map(str, folders)))
        raise ProfileError(
            f"the files lie in {len(folders)} folders ({listed}); make one profile per folder and "
            "put their sources together in one file"
        )
    folder = folders.pop()
    root = os.path.relpath(folder, out.resolve().parent)
    return Place(table_name(name or folder.name), root, **said)


def write(proposal: Proposal, out: Path) -> str:
    """Write the profile and return its text.

    Raises
    ------
    ProfileError
        The file is there already: somebody may have edited it.
    """
    if out.exists():
        raise ProfileError(f"{out} exists; remove it or choose another name with --out")
    text = write_profile(proposal)
    write_text_atomically(out, text)
    return text
