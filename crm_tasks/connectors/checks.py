"""Whether a source can be read at all, told without reading it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tasks.connectors.files import source_files, source_root
from crm_tasks.errors import CrmError

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tasks.profiles import Source


def check_source(source: Source, base: Path) -> list[str]:
    """Return what keeps a source from being read, a sentence each; nothing if all is well.

    Parameters
    ----------
    base : Path
        The folder that the source's ``root`` counts from.
    """
    try:
        root = source_root(source, base)
    except CrmError as error:
        return [str(error)]
    problems = []
    for table in source.tables:
        try:
            source_files(root, table)
        except CrmError as error:
            problems.append(f"source {source.source_system}: {error}")
    return problems
