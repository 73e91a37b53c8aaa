from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from crm_tasks.contracts.__main__ import (
    differing,
    generated_files,
    main,
    profile_schema,
    write,
)
from crm_tasks.contracts.render import PROJECT

FILES = {Path("docs/tables/graph.md"): "new\n", Path(".env.example"): "same\n"}
STALE = Path("docs/tables/gone.md")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project in which one file is current, one differs and one has lost its declaration."""
    for path, text in ((".env.example", "same\n"), ("docs/tables/graph.md", "old\n"), (STALE, "x")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_the_committed_files_are_what_the_declarations_make() -> None:
    assert differing(PROJECT, generated_files()) == [], "run `make contracts` and commit"


def test_differing_names_what_is_old_missing_or_stale(root: Path) -> None:
    files = FILES | {Path("docs/new.md"): "new\n"}
    assert differing(root, files) == [Path("docs/new.md"), STALE, Path("docs/tables/graph.md")]


def test_writing_leaves_nothing_that_differs(root: Path) -> None:
    assert write(root, FILES) == [STALE, Path("docs/tables/graph.md")]
    assert differing(root, FILES) == []
    assert not (root / STALE).exists()


def test_a_source_yml_without_tables_is_stale(root: Path) -> None:
    stale = root / "dbt_project/models/bi/__gone__sources.yml"
    stale.parent.mkdir(parents=True)
    stale.write_text("version: 2\n")
    assert Path("dbt_project/models/bi/__gone__sources.yml") in differing(root, FILES)


def test_check_lists_and_exits_1_and_writes_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("crm_tasks.contracts.render.PROJECT", root)
    monkeypatch.setattr("crm_tasks.contracts.__main__.generated_files", lambda: FILES)
    assert main(["--check"]) == 1
    said = capsys.readouterr().out
    assert "docs/tables/graph.md differs from its declaration" in said
    assert "run `make contracts`" in said
    assert (root / "docs/tables/graph.md").read_text() == "old\n"
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_generated_text_ends_with_one_newline_and_no_line_with_blanks() -> None:
    files = generated_files()
    assert files
    for path, text in files.items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert not any(line != line.rstrip() for line in text.splitlines()), path


def test_every_generated_yml_parses() -> None:
    ymls = [text for path, text in generated_files().items() if path.suffix == ".yml"]
    assert ymls
    for text in ymls:
        assert yaml.safe_load(text)["sources"]


def test_the_profile_schema_refuses_unknown_keys_for_editors() -> None:
    schema = json.loads(profile_schema())
    assert schema["additionalProperties"] is False
    assert schema["properties"]["default_as_of"]
    assert all(part.get("additionalProperties") is False for part in schema["$defs"].values())
