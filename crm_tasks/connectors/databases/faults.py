"""What a driver reports, in words of ours: never its own message, which may quote values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy.exc as sx

from crm_tasks.errors import CrmError, LandingRefused, SettingsError, SourceUnavailable

if TYPE_CHECKING:
    from crm_tasks.connectors.databases.dialect import Place

#: MySQL's numbers and PostgreSQL's SQLSTATEs that another attempt cannot mend.
REFUSES_US = {1044, 1045, 1049, 1142, 1143, 1227, 1698}
NO_SUCH_THING = {1054, 1064, 1146, 1792}
CLASS_REFUSES_US = ("28", "3D", "42501")
CLASS_NO_SUCH_THING = ("42", "3F", "22", "0A", "25006")
SQLITE_BROKEN = ("malformed", "not a database", "corrupt")
SQLITE_NO_SUCH_THING = ("no such", "syntax error", "ambiguous")


def spoken(error: sx.SQLAlchemyError, place: Place) -> CrmError:
    """Return an error of ours for one of the driver.

    ``SourceUnavailable`` where another attempt may succeed, ``SettingsError`` where the database
    refuses us, ``LandingRefused`` where the profile names what is not there.
    """
    where = f"source {place.source_system}: {place.database.where}"
    if isinstance(error, sx.NoSuchTableError):
        return LandingRefused(f"E_TABLE: {where}: no such table or view")
    cause = getattr(error, "orig", None)
    if cause is None and isinstance(error, sx.ArgumentError):
        return SettingsError(f"{where}: not a usable address")
    number, state, words = _number(cause), _state(cause), str(cause).lower()
    code = f" ({type(cause).__name__}{f' {state or number}' if state or number else ''})"
    if _means(state, CLASS_REFUSES_US) or number in REFUSES_US or _refuses_in_words(words, state):
        return SettingsError(
            f"{where} refuses us{code}: look at user, password setting, database name and rights"
        )
    if _means(state, CLASS_NO_SUCH_THING) or number in NO_SUCH_THING:
        return LandingRefused(f"E_TABLE: {where}: no such table or column, or no valid query{code}")
    if place.database.kind == "sqlite":
        return _spoken_by_sqlite(where, words, code)
    return SourceUnavailable(f"{where} does not answer or broke off{code}")


def _spoken_by_sqlite(where: str, words: str, code: str) -> CrmError:
    if any(word in words for word in SQLITE_BROKEN):
        return LandingRefused(f"E_TYPE: {where} is no SQLite database, or a damaged one{code}")
    if any(word in words for word in SQLITE_NO_SUCH_THING):
        return LandingRefused(f"E_TABLE: {where}: no such table or column, or no valid query{code}")
    if "locked" in words or "busy" in words:
        return SourceUnavailable(f"{where} is locked by another program{code}")
    return SourceUnavailable(f"{where} cannot be read{code}")


def _refuses_in_words(words: str, state: str) -> bool:
    """Libpq gives no SQLSTATE for what happens before a session."""
    failed = ("password authentication failed", "no password supplied", "no pg_hba.conf entry")
    missing = ("does not exist",)
    return not state and any(word in words for word in (*failed, *missing)) and "fatal" in words


def _means(state: str, classes: tuple[str, ...]) -> bool:
    return bool(state) and state.startswith(classes)


def _state(cause: BaseException | None) -> str:
    state = getattr(cause, "sqlstate", None)
    return state if isinstance(state, str) else ""


def _number(cause: BaseException | None) -> int:
    first = next(iter(getattr(cause, "args", ())), 0)
    return first if isinstance(first, int) else 0
