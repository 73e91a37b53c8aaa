"""Whatever lies in an inbox under a file's name: files are read, all else is refused at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crm_tasks.connectors.files import read_chunks, source_files
from crm_tasks.connectors.preflight import Limits, fingerprint, opened_raw, refuse_changed
from crm_tasks.errors import LandingRefused, SourceUnavailable
from crm_tasks.profiles import SourceTable
from tests.bad_inputs.cases import CASES, CLEAN, N_ROWS

pytestmark = pytest.mark.timeout(30)
TABLE = SourceTable.model_validate({**CASES[0].declared(), "files": "*.csv"})
NAMES = {
    "90-newline": "a\nb.csv",
    "90b-quotes": "a'b\"c.csv",
    "90c-leading-dash": "-rf.csv",
    "90d-decomposed": "e\u0301.csv",
    "90e-as-long-as-may-be": "x" * 251 + ".csv",
    "90f-wildcards": "a[1]*.csv",
    "90g-not-unicode": os.fsdecode(b"\xff\xfe.csv"),
}
OBJECTS = {
    "91-folder": Path.mkdir,
    "91b-pipe": os.mkfifo,
    "91c-link-to-a-device": lambda path: path.symlink_to("/dev/zero"),
    "91d-link-to-a-file": lambda path: path.symlink_to("/etc/hostname"),
    "91e-link-to-nothing": lambda path: path.symlink_to("/nowhere"),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_file_of_any_name_is_read(tmp_path, name):
    (tmp_path / name).write_bytes(CLEAN)

    (found,) = source_files(tmp_path, TABLE)

    assert sum(chunk.rows.num_rows for chunk in read_chunks(found, TABLE)) == N_ROWS


@pytest.mark.parametrize("make", OBJECTS.values(), ids=OBJECTS)
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, make):
    path = tmp_path / "x.csv"
    make(path)

    with pytest.raises(LandingRefused, match=r"^E_(TYPE|UNREADABLE): "):
        source_files(tmp_path, TABLE)
    with pytest.raises(LandingRefused, match=r"^E_(TYPE|UNREADABLE): "), opened_raw(path):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_one_may_not_read_is_refused(tmp_path):
    path = tmp_path / "91f.csv"
    path.write_bytes(CLEAN)
    path.chmod(0)

    with pytest.raises(LandingRefused, match="E_UNREADABLE"):
        fingerprint(path, Limits())


def test_a_file_behind_a_linked_folder_is_refused(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.csv").write_bytes(CLEAN)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "sub").symlink_to(tmp_path / "outside")
    table = TABLE.model_copy(update={"files": "sub/*.csv"})

    with pytest.raises(LandingRefused, match="E_TYPE"):
        source_files(tmp_path / "in", table)


CHANGES = {
    "89-grown": lambda path: path.write_bytes(CLEAN + b"21,x,1,1\n"),
    "89b-same-size": lambda path: path.write_bytes(CLEAN.replace(b"name 7", b"name 8")),
    "89c-replaced": lambda path: (path.with_suffix(".new").write_bytes(CLEAN),
                                  path.with_suffix(".new").rename(path)),
    "89d-cut-off": lambda path: os.truncate(path, 40),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_changes_while_it_is_read_is_not_landed(tmp_path, change):
    path = tmp_path / "x.csv"
    path.write_bytes(CLEAN)
    before = fingerprint(path, Limits())
    change(path)

    with pytest.raises(SourceUnavailable, match=r"^E_CHANGED: "):
        refuse_changed(path, before)
    assert SourceUnavailable.is_retryable


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "x.csv"
    with path.open("wb") as file:
        file.truncate(3 << 30)

    with pytest.raises(LandingRefused, match=r"^E_SIZE: "):
        fingerprint(path, Limits())
