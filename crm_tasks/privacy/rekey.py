"""From old pseudonyms to new ones: the crosswalk of a key rotation, and what it does to a table.

Ids and tokens are 32 hex digits of a keyed digest. A crosswalk says which new one stands for which
old one; applied to every text that holds one, alone or inside a longer key, it changes names and
nothing else: whatever referred to the same thing still does.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pyarrow as pa

from crm_tasks.privacy.keys import keyed_digest
from crm_tasks.privacy.tokens import normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DIGEST = re.compile(r"[0-9a-f]{32}")
#: Kinds a column may be declared as, the likeliest first; the token tells which it was.
KINDS = ("email", "phone", "name", "address", "birth_date", "handle", "text", "cookie",
         "government_id")  # fmt: skip


def rekeyed(rows: pa.Table, crosswalk: Mapping[str, str]) -> pa.Table | None:
    """Return a table with every old pseudonym replaced, or None if it holds none.

    >>> rekeyed(pa.table({"k": ["x:" + "a" * 32, "y"]}), {"a" * 32: "b" * 32})["k"].to_pylist()[0]
    'x:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'
    """
    columns = {}
    is_changed = False
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        columns[name] = column
        if pa.types.is_string(column.type):
            encoded = column.combine_chunks().dictionary_encode()
            told = encoded.dictionary.to_pylist()
            fresh = [replaced(text, crosswalk) for text in told]
            if fresh != told:
                is_changed = True
                columns[name] = pa.chunked_array(
                    [pa.array(fresh, pa.string()).take(encoded.indices)]
                )
    return pa.table(columns, schema=rows.schema) if is_changed else None


def replaced(text: str | None, crosswalk: Mapping[str, str]) -> str | None:
    """Return a text with the old pseudonyms in it replaced."""
    if text is None or len(text) < 32:  # noqa: PLR2004 (a digest's length)
        return text
    return DIGEST.sub(lambda found: crosswalk.get(found[0], found[0]), text)


def token_crosswalk(
    values: Iterable[str | None], tokens: Iterable[str | None], old: bytes, new: bytes
) -> dict[str, str]:
    """Return old token -> new token of one column's values.

    Parameters
    ----------
    values, tokens : iterable of str
        The clear values and what the lake carries for them, in the same order.
    old, new : bytes
        Keys of the tokens.
    """
    found: dict[str, str] = {}
    kind: str | None = None
    for value, token in zip(values, tokens, strict=True):
        if value is None or token is None or token in found:
            continue
        for text, own in _elements(value, token):
            kind = kind if kind and _token(old, kind, text) == own else _kind_of(old, text, own)
            if kind is not None:
                found[own] = _token(new, kind, text)
    return found


def _elements(value: str, token: str) -> list[tuple[str, str]]:
    """Return the value with its token, or, of a list, each element with its own."""
    if not token.startswith("["):
        return [(value, token)]
    return list(zip(json.loads(value), json.loads(token), strict=False))


def _kind_of(key: bytes, value: str, token: str) -> str | None:
    return next((kind for kind in KINDS if _token(key, kind, value) == token), None)


def _token(key: bytes, kind: str, value: str) -> str:
    return keyed_digest(key, kind, normalised(kind, value))


def id_crosswalk(records: Iterable[tuple[str, str]], old: bytes, new: bytes) -> dict[str, str]:
    """Return old customer id -> new customer id: every record may have founded a customer."""
    return {keyed_digest(old, *record): keyed_digest(new, *record) for record in records}


def handle_crosswalk(ids: Iterable[str], old: bytes, new: bytes) -> dict[str, str]:
    """Return old -> new digest of sources' own identifiers, as identity.identifiers has them."""
    return {_token(old, "handle", one): _token(new, "handle", one) for one in ids}
