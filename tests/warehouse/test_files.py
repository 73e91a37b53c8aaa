"""Files are wholly there or not at all, whatever happens while they are written."""

from __future__ import annotations

import hashlib
import os

import pytest

from crm_tasks.warehouse import files
from crm_tasks.warehouse.files import folder_aside, reveal, sha256_of, write_text_atomically


@pytest.fixture
def final(tmp_path):
    return tmp_path / "lake" / "run=1"


def write(final, text, token=1):
    with folder_aside(final, token) as aside:
        (aside / "inner").mkdir()
        (aside / "inner" / "rows").write_text(text)
        reveal(aside, final)


def test_nothing_shows_before_it_is_revealed(final):
    with folder_aside(final, 1) as aside:
        (aside / "rows").write_text("a")
        assert not final.exists()
        assert aside.parent == final.parent  # one file system: a rename and not a copy
        reveal(aside, final)
    assert [path.name for path in final.parent.iterdir()] == [final.name]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_nothing_behind_and_what_stood_stands(final, error):
    write(final, "before")

    def fail():
        with folder_aside(final, 2) as aside:
            (aside / "rows").write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert [path.name for path in final.parent.iterdir()] == [final.name]
    assert (final / "inner" / "rows").read_text() == "before"


def test_revealing_replaces_the_whole_folder(final):
    write(final, "before")
    (final / "stray").write_text("old")
    write(final, "after", token=2)
    assert (final / "inner" / "rows").read_text() == "after"
    assert not (final / "stray").exists()


def test_two_attempts_never_share_a_folder(final):
    with folder_aside(final, 1) as mine, folder_aside(final, 2) as other:
        assert mine != other
        (mine / "rows").write_text("mine")
        assert list(other.iterdir()) == []


def test_a_killed_attempt_s_folder_is_fresh_for_its_token_and_swept_by_a_success(final):
    for token in (1, 2):
        killed = final.with_name(f".{final.name}.try-{token}")
        killed.mkdir(parents=True)
        (killed / "half").write_text("x")
    with folder_aside(final, 2) as aside:
        assert list(aside.iterdir()) == []
        reveal(aside, final)
    assert [path.name for path in final.parent.iterdir()] == [final.name]


def test_another_table_s_attempts_are_not_swept(final):
    other = final.with_name(".run=12.try-1")
    other.mkdir(parents=True)
    write(final, "a")
    assert other.exists()


def test_everything_is_on_disk_before_the_name_is(final, monkeypatch):
    """A power cut after the rename must not find a name without its bytes."""
    order = []
    monkeypatch.setattr(files, "fsync_path", lambda path: order.append(("sync", path.name)))
    rename = type(final).rename

    def noted(path, target):
        order.append(("rename", target.name))
        return rename(path, target)

    monkeypatch.setattr(type(final), "rename", noted)
    write(final, "a")
    assert order == [
        ("sync", "inner"),
        ("sync", "rows"),
        ("sync", ".run=1.try-1"),
        ("rename", "run=1"),
        ("sync", "lake"),
    ]


def test_a_text_is_replaced_at_once_and_leaves_no_second_file(tmp_path):
    path = tmp_path / "new" / "views.sql"
    write_text_atomically(path, "before")
    reader = path.open()
    write_text_atomically(path, "关系")
    assert reader.read() == "before"  # who has it open reads what it was
    reader.close()
    assert path.read_text(encoding="utf-8") == "关系"
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_the_digest_is_of_the_bytes(tmp_path):
    path = tmp_path / "a"
    raw = os.urandom((1 << 20) + 1)
    path.write_bytes(raw)
    assert sha256_of(path) == hashlib.sha256(raw).hexdigest()
    path.write_bytes(raw[:-1])
    assert sha256_of(path) != hashlib.sha256(raw).hexdigest()
