"""Read a profile file: one clear message with file, line and nearest key when it is wrong."""

from __future__ import annotations

from pathlib import Path

from crm_tasks.errors import ProfileError, nearest
from crm_tasks.profiles.model import Profile
from crm_tasks.strict_yaml import load_strict

BUNDLED = Path(__file__).parent


def bundled_profiles() -> tuple[str, ...]:
    """Return the names of the profiles that come with the package."""
    return tuple(sorted(path.stem for path in BUNDLED.glob("*.yml")))


def profile_path(name_or_file: str) -> Path:
    """Return the file of a bundled profile's name, or of a path given as such.

    Raises
    ------
    ProfileError
        Neither a bundled name nor an existing file.
    """
    if name_or_file in bundled_profiles():
        return BUNDLED / f"{name_or_file}.yml"
    path = Path(name_or_file)
    if _is_file(path):
        return path.resolve()
    hint = nearest(name_or_file, bundled_profiles())
    known = ", ".join(bundled_profiles())
    raise ProfileError(f"no profile {name_or_file!r}: neither a file nor one of [{known}]{hint}")


def load_profile(name_or_file: str) -> Profile:
    """Return the profile of a bundled name or a YAML file.

    Raises
    ------
    ProfileError
        The file is not strict YAML (duplicate keys and aliases are refused) or says something a
        profile cannot say; the message names file, line and the nearest valid key. Or a file it
        names, of rules or drafts, is not there.
    """
    path = profile_path(name_or_file)
    profile = load_strict(path, Profile, ProfileError)
    if profile.rules is not None:
        rules = path.parent / profile.rules
        profile = profile.with_rules_of(rules, _content(path, "rules", rules))
    if profile.drafts is not None:
        drafts = path.parent / profile.drafts
        _content(path, "drafts", drafts)
        profile = profile.with_drafts_at(drafts)
    return profile


def _content(profile: Path, key: str, file: Path) -> bytes:
    """Return what a file holds that a profile names."""
    try:
        return file.read_bytes()
    except OSError as problem:
        raise ProfileError(
            f"{profile}: {key}: {file.name} cannot be read ({problem.strerror}); it stands beside "
            "the profile"
        ) from None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name no file system takes
        return False
