"""Sources that are made rather than found: the planted company's files, below the home."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from crm_tasks.planted.company import KEY_MARK, Company

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tasks.profiles import Profile

log = logging.getLogger(__name__)


def sources_base(profile: Profile, profile_folder: Path, generated: Path) -> Path:
    """Return the folder that the ``root`` of a profile's sources counts from.

    That is the profile's own folder, or, for a profile with a generator, the folder of the
    generated files, which are made first if they are missing.
    """
    if profile.generator is None:
        return profile_folder
    from crm_tasks.planted.sources import ensure_sources

    company = Company(profile.generator.size, profile.generator.seed)
    folder = ensure_sources(generated / profile.generator.name, company)
    log.info("generated sources: %s customers in %s", company.n_customers, folder)
    return folder


def lies_in_answer_key(path: Path) -> bool:
    """Return whether a file lies in, or anywhere below, the folder of an answer key."""
    return any((parent / KEY_MARK).exists() for parent in path.resolve().parents)
