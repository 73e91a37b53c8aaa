"""A figure is worth what is known of where it was measured."""

from __future__ import annotations

import re
import subprocess

from benchmarks.machine import describe_commit, describe_machine, today


def test_the_machine_is_told_in_one_line():
    assert re.fullmatch(r".+, \d+ cores, \d+ GiB, Python 3\.\d+\.\d+", describe_machine())


def test_the_date_is_an_iso_date():
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", today())


def test_edits_that_are_not_committed_mark_the_commit(tmp_path):
    def git(*arguments):
        author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", "-C", tmp_path, *author, *arguments], check=True)

    git("init", "--quiet")
    (tmp_path / "file").write_text("a")
    git("add", "file")
    git("commit", "--quiet", "--message", "Begin")
    clean = describe_commit(tmp_path)
    assert re.fullmatch(r"[0-9a-f]{10}", clean)
    (tmp_path / "file").write_text("b")
    assert describe_commit(tmp_path) == f"{clean}+"
    assert describe_commit(tmp_path.parent) in {"unknown", "unknown+"}
