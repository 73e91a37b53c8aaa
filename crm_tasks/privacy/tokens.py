"""Tokens: what the lake carries instead of an identifying value.

A token is the keyed digest of the value normalised by its declared kind, so that equal persons give
equal tokens and nobody without the key can test a guess. A status says whether the value was there
and well formed, because staging never sees the value and cannot check it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.privacy.keys import keyed_digest

if TYPE_CHECKING:
    from collections.abc import Callable

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}\.[^@\s.]{2,63}")
DIGITS_AT_LEAST, DIGITS_AT_MOST = 5, 15  # ITU-T E.164 allows 15


def normalised(kind: str, value: str) -> str:
    """Return the form of an identifying value that is compared.

    >>> normalised("email", " Ann@Example.ORG ")
    'ann@example.org'
    >>> normalised("phone", "+86 138-0013 8000")
    '+8613800138000'
    """
    text = (value if value.isascii() else unicodedata.normalize("NFKC", value)).strip()
    if kind == "phone":
        return ("+" if text.startswith("+") else "") + re.sub(r"\D", "", text)
    if kind == "text":
        return text
    return " ".join(text.split()).casefold()


def status_of(kind: str, value: str) -> str:
    """Return ``valid``, ``empty`` or ``invalid: <reason code>`` of a normalised value."""
    if not value:
        return "empty"
    check = CHECKS.get(kind)
    return "valid" if check is None or check(value) else f"invalid: E_{kind.upper()}"


def _is_phone(value: str) -> bool:
    return DIGITS_AT_LEAST <= len(value.lstrip("+")) <= DIGITS_AT_MOST


def _is_email(value: str) -> bool:
    return EMAIL.fullmatch(value) is not None


CHECKS: dict[str, Callable[[str], bool]] = {"email": _is_email, "phone": _is_phone}


def tokenise(
    values: pa.ChunkedArray | pa.Array, kind: str, key: bytes
) -> tuple[pa.Array, pa.Array]:
    """Return the tokens and statuses of a column of identifying text.

    Each distinct value is digested once. NULL and blank values have status ``empty`` and no token.
    """
    encoded = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    encoded = encoded.dictionary_encode()
    known = [normalised(kind, value) for value in encoded.dictionary.to_pylist()]
    tokens = pa.array([keyed_digest(key, kind, v) if v else None for v in known], pa.string())
    statuses = pa.array([status_of(kind, v) for v in known], pa.string())
    return tokens.take(encoded.indices), statuses.take(encoded.indices).fill_null("empty")


def tokenise_lists(
    values: pa.ChunkedArray | pa.Array, kind: str, key: bytes
) -> tuple[pa.Array, pa.Array]:
    """Return the tokens and statuses of a column of JSON arrays of identifying texts.

    The token is the JSON array of the elements' tokens, in their order; blank elements are left
    out. The status is that of the first element that is not valid. What is no array of texts or
    whole numbers has no token and the status ``invalid: E_LIST``.
    """
    made = [_list_token(value, kind, key) for value in values.to_pylist()]
    tokens, statuses = [token for token, _ in made], [status for _, status in made]
    return pa.array(tokens, pa.string()), pa.array(statuses, pa.string())


def _list_token(value: str | None, kind: str, key: bytes) -> tuple[str | None, str]:
    if value is None or not value.strip():
        return None, "empty"
    try:
        elements = json.loads(value)
    except ValueError:
        elements = None
    if not isinstance(elements, list) or not all(type(one) in (str, int) for one in elements):
        return None, "invalid: E_LIST"
    known = [one for one in (normalised(kind, str(element)) for element in elements) if one]
    wrong = [status for one in known if (status := status_of(kind, one)) != "valid"]
    tokens = json.dumps([keyed_digest(key, kind, one) for one in known], separators=(",", ":"))
    return tokens, (wrong[0] if wrong else "valid" if known else "empty")
