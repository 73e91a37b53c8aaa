"""The one secret of a home and the keys derived from it.

Pseudonyms, tokens, batch digests, vault chunks and audit heads each get a key of their own by HKDF
(RFC 5869), so that no use can be turned against another. The secret comes from ``CRM_KEY``; a
profile without personal data may use the openly named demo key, so that its tables are comparable
between machines; any other gets a secret generated into the home at its first run.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import secrets
from typing import TYPE_CHECKING, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crm_tasks.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crm_tasks.profiles import Profile
    from crm_tasks.settings import Settings

log = logging.getLogger(__name__)

DEMO_SECRET = "guanxi-demo-key-not-secret-only-for-bundled-data"  # noqa: S105 (openly no secret)

Purpose = Literal["customer_id", "token", "batch", "vault", "audit", "keyring", "draw"]
NONCE_BYTES = 12


def home_secret(settings: Settings, profile: Profile, key_file: Path) -> bytes:
    """Return the secret that all keys of this home and profile derive from.

    Raises
    ------
    SettingsError
        ``CRM_KEY`` is missing in production.
    """
    if profile.uses_demo_key:
        return DEMO_SECRET.encode()
    return own_secret(settings, key_file)


def own_secret(settings: Settings, key_file: Path) -> bytes:
    """Return the secret that belongs to this home alone: never the demo key.

    The audit log is signed with a key derived from it, whatever profile a run used.

    Raises
    ------
    SettingsError
        ``CRM_KEY`` is missing in production.
    """
    if settings.key is not None:
        return settings.key.get_secret_value().encode()
    if settings.environment == "production":
        raise SettingsError("CRM_KEY is required in production; it has no default")
    return _generated_secret(key_file)


def _generated_secret(key_file: Path) -> bytes:
    """Return the home's own secret, made at its first use and readable by its owner only."""
    if not key_file.exists():
        key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = key_file.with_suffix(f".{secrets.token_hex(8)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, key_file)  # fails if another process was first: its key stands
            log.warning(
                "generated a key at %s: keep a copy, ids cannot be remade without", key_file
            )
        except FileExistsError:
            pass
        fresh.unlink()
    return key_file.read_bytes()


def derived_key(secret: bytes, purpose: Purpose) -> bytes:
    """Return the 32-byte key for one purpose.

    >>> len(derived_key(b"x" * 32, "token"))
    32
    """
    return HKDF(SHA256(), length=32, salt=None, info=f"guanxi/{purpose}".encode()).derive(secret)


def kept_key(secret: bytes, purpose: Purpose, keyring: Path) -> bytes:
    """Return the key for a purpose that outlives rotations: names given with it stay.

    Batches are named by a keyed digest of their file. Under another key every file would look new
    and be landed twice, so that key is kept, encrypted under the secret of the day.

    Raises
    ------
    SettingsError
        The keyring was written under another secret.
    """
    if not keyring.is_file():
        return derived_key(secret, purpose)
    sealed = keyring.read_bytes()
    try:
        told = AESGCM(derived_key(secret, "keyring")).decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], b"keyring"
        )
    except InvalidTag:
        raise SettingsError(
            f"{keyring} does not open: the key was rotated; CRM_KEY has to be the new one"
        ) from None
    return bytes.fromhex(json.loads(told)[purpose])


def write_keyring(keyring: Path, secret: bytes, keys: Mapping[str, bytes]) -> None:
    """Keep keys that outlive a rotation, encrypted under a secret."""
    told = json.dumps({purpose: key.hex() for purpose, key in keys.items()}).encode()
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = nonce + AESGCM(derived_key(secret, "keyring")).encrypt(nonce, told, b"keyring")
    keyring.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(keyring, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())


def keyed_digest(key: bytes, *parts: str) -> str:
    """Return 32 hex characters of HMAC-SHA256 over the parts, joined by the unit separator.

    >>> keyed_digest(b"k", "a", "b") == keyed_digest(b"k", "a", "b")
    True
    """
    return hmac.digest(key, "\x1f".join(parts).encode(), "sha256").hex()[:32]
