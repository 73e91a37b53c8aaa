"""Every error a user can meet: one root, few children, one clear message each.

A message says what was expected, what came, where to look and how to mend it. It never quotes a
value from the data: values may be personal.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LISTED_AT_MOST = 10


class CrmError(Exception):
    """The root of all errors Guanxi raises on purpose.

    ``is_retryable`` tells the scheduler whether the same call can succeed later without anybody
    changing anything (a lock, a dropped connection) or whether a retry only delays the message.
    """

    is_retryable = False


class SettingsError(CrmError):
    """A setting is missing, unknown or out of range."""


class ProfileError(CrmError):
    """A source profile does not say what a profile must say."""


class RulesError(CrmError):
    """A rule book does not say what a rule book may say."""


class DraftsError(CrmError):
    """A file of message texts does not say what a message may say."""


class SourceUnavailable(CrmError):
    """A source could not be reached or read; the next attempt may find it well."""

    is_retryable = True


class LandingRefused(CrmError):
    """A file as a whole cannot become a batch; nothing of it was landed."""


class ContractError(CrmError):
    """A table does not have the columns, types, key or order its contract declares."""


class GateFailed(CrmError):
    """A critical expectation does not hold; nothing may be published from this run."""


class ModelBuildFailed(CrmError):
    """dbt stopped: a model did not build or a test of it failed."""


class WarehouseBusy(CrmError):
    """Another process holds the working file; it will let go."""

    is_retryable = True


class StaleAttempt(CrmError):
    """A newer attempt of the same step has taken over; this one may not write any more."""


class RunStateError(CrmError):
    """The home does not hold what this step needs (a layer, a run, a published version)."""


class AuditBroken(CrmError):
    """The audit log does not continue its own hash chain."""


def listed(names: Iterable[str]) -> str:
    """Return the names sorted, cut at ten, as one phrase for an error message.

    >>> listed(["b", "a"])
    'a, b'
    """
    ordered = sorted(names)
    shown = ", ".join(ordered[:LISTED_AT_MOST])
    rest = len(ordered) - LISTED_AT_MOST
    return f"{shown} and {rest} more" if rest > 0 else shown


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the valid name closest to a mistyped one, else ''.

    >>> nearest("as_off", ["as_of", "home"])
    "; did you mean 'as_of'?"
    """
    found = get_close_matches(name, sorted(valid), n=1, cutoff=0.5)
    return f"; did you mean '{found[0]}'?" if found else ""
