"""What dbt has read is kept until a file or an answer of the environment is another.

How calls use it stands in test_warm_dbt.py.
"""

from __future__ import annotations

import os

import pytest

from crm_tasks.warehouse.read_project import ReadProject, _stamp

ARGUMENTS = ("parse", "--project-dir")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "models").mkdir()
    for name in ("dbt_project.yml", "models/one.sql"):
        (tmp_path / name).write_text("select 1\n", encoding="utf-8")
    return tmp_path


def edit(folder):
    os.utime(folder / "models" / "one.sql", ns=(1, 1))


def add(folder):
    (folder / "models" / "two.sql").write_text("select 2\n", encoding="utf-8")


def remove(folder):
    (folder / "models" / "one.sql").unlink()


@pytest.mark.parametrize("change", [edit, add, remove])
def test_a_project_with_another_file_is_another(folder, change):
    arguments = (*ARGUMENTS, str(folder))
    before = _stamp(arguments)
    assert _stamp(arguments) == before
    change(folder)
    assert _stamp(arguments) != before


@pytest.mark.parametrize(
    ("arguments", "environment", "is_good"),
    [
        (ARGUMENTS, {"LAKE": "/a", "other": "x"}, True),
        ((*ARGUMENTS, "more"), {"LAKE": "/a"}, False),
        (ARGUMENTS, {"LAKE": "/b"}, False),
        (ARGUMENTS, {}, False),
    ],
)
def test_what_was_read_is_good_for_the_same_answers_only(arguments, environment, is_good):
    kept = ReadProject(object(), ARGUMENTS, (("file", 1),), (("LAKE", "/a"),))
    assert kept._is_good(arguments, (("file", 1),), environment) is is_good
    assert not kept._is_good(arguments, (("file", 2),), environment)
