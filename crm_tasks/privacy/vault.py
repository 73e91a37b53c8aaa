"""The vault: the one place that holds direct identifiers and quarantined bytes.

Values lie in chunks of at most 10,000 records of one column, each encrypted with AES-256-GCM under
a fresh nonce and bound to its own name (a chunk moved elsewhere does not open). The vault is exempt
from byte identity, since nonces differ.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crm_tasks.errors import RunStateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORDS_PER_CHUNK = 10_000
NONCE_BYTES = 12


@dataclass(frozen=True)
class Vault:
    """A folder of encrypted chunks, mode 0700.

    Parameters
    ----------
    root : Path
        ``$CRM_HOME/vault``.
    key : bytes
        The derived vault key; never written anywhere.
    """

    root: Path
    key: bytes

    def put(self, name: str, rows: pa.Table) -> None:
        """Write ``rows`` under ``name`` (a relative folder), replacing what an earlier try left.

        The chunk files appear one by one; the caller makes them count by recording the batch.
        """
        folder = self.root / name
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root.chmod(0o700)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for stale in folder.iterdir():
            stale.unlink()
        for number, start in enumerate(range(0, rows.num_rows, RECORDS_PER_CHUNK)):
            chunk = rows.slice(start, RECORDS_PER_CHUNK)
            self._write(folder / f"chunk-{number:05d}.bin", _serialised(chunk))

    def get(self, name: str) -> pa.Table | None:
        """Return what was put under ``name``, or None.

        Raises
        ------
        RunStateError
            A chunk was changed, moved, or encrypted with another key.
        """
        chunks = [self._read(path) for path in self._chunks(name)]
        return pa.concat_tables(chunks) if chunks else None

    def parts(self, name: str) -> tuple[str, ...]:
        """Return the names put below ``name``, in order: the parts of a large file's column."""
        folder = self.root / name
        found = sorted(part for part in folder.iterdir()) if folder.is_dir() else []
        return tuple(f"{name}/{part.name}" for part in found if part.is_dir())

    def remove(self, name: str) -> None:
        """Remove what was put under ``name``, and whatever lies below it."""
        folder = self.root / name
        if folder.is_dir():
            shutil.rmtree(folder)

    def _chunks(self, name: str) -> Iterator[Path]:
        folder = self.root / name
        yield from sorted(folder.glob("chunk-*.bin")) if folder.is_dir() else ()

    def _write(self, path: Path, plaintext: bytes) -> None:
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + AESGCM(self.key).encrypt(nonce, plaintext, self._bound_to(path))
        temporary = path.with_suffix(".tmp")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as f:
            f.write(sealed)
            f.flush()
            os.fsync(f.fileno())
        temporary.rename(path)

    def _read(self, path: Path) -> pa.Table:
        sealed = path.read_bytes()
        try:
            plaintext = AESGCM(self.key).decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._bound_to(path)
            )
        except InvalidTag:
            where = path.relative_to(self.root)
            message = f"vault chunk {where} does not open: changed, moved, or another key"
            raise RunStateError(message) from None
        return pa.ipc.open_stream(plaintext).read_all()

    def _bound_to(self, path: Path) -> bytes:
        return str(path.relative_to(self.root)).encode()


def _serialised(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue().to_pybytes())
