"""The vault opens with its key only, and only chunks that lie where they were put."""

from __future__ import annotations

import pyarrow as pa
import pytest

from crm_tasks.errors import RunStateError
from crm_tasks.privacy.vault import RECORDS_PER_CHUNK, Vault

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def values(n=3):
    return pa.table({"record_no": list(range(n)), "value": [f"canary-{i}" for i in range(n)]})


def test_what_was_put_is_got_back_across_chunks(tmp_path):
    vault = Vault(tmp_path / "vault", KEY)
    rows = values(RECORDS_PER_CHUNK + 1)

    vault.put("crm/people/email", rows)

    assert vault.get("crm/people/email").equals(rows)
    assert len(list((tmp_path / "vault/crm/people/email").iterdir())) == 2


def test_no_plaintext_reaches_the_disk(tmp_path):
    Vault(tmp_path / "vault", KEY).put("a", values())

    files = [path for path in (tmp_path / "vault").rglob("*") if path.is_file()]

    assert files
    assert all(b"canary" not in path.read_bytes() for path in files)
    assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files)


def test_another_key_does_not_open_it(tmp_path):
    Vault(tmp_path, KEY).put("a", values())

    with pytest.raises(RunStateError, match="does not open"):
        Vault(tmp_path, OTHER_KEY).get("a")


def test_a_chunk_moved_to_another_name_does_not_open(tmp_path):
    Vault(tmp_path, KEY).put("a", values())
    (tmp_path / "a").rename(tmp_path / "b")

    with pytest.raises(RunStateError, match="moved"):
        Vault(tmp_path, KEY).get("b")


def test_putting_again_replaces_what_a_killed_attempt_left(tmp_path):
    vault = Vault(tmp_path, KEY)
    vault.put("a", values(RECORDS_PER_CHUNK * 2))
    vault.put("a", values(1))

    assert vault.get("a").num_rows == 1


def test_equal_plaintext_gives_different_bytes(tmp_path):
    vault = Vault(tmp_path, KEY)
    vault.put("a", values())
    before = (tmp_path / "a/chunk-00000.bin").read_bytes()
    vault.put("a", values())

    assert (tmp_path / "a/chunk-00000.bin").read_bytes() != before
