"""Profiles to start from, for the exports people really have."""

from __future__ import annotations

from pathlib import Path

from crm_tasks.errors import ProfileError, nearest

FOLDER = Path(__file__).with_name("templates")


def template_names() -> tuple[str, ...]:
    """Return the names of the templates."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yml")))


def template_path(name: str) -> Path:
    """Return the file of a template.

    Raises
    ------
    ProfileError
        There is none of that name.
    """
    if name not in template_names():
        known = ", ".join(template_names())
        raise ProfileError(f"no template {name!r} among [{known}]{nearest(name, template_names())}")
    return FOLDER / f"{name}.yml"
