"""Documents say what is so: commands exist, links lead somewhere, numbers are the code's."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
import typer

from crm_tasks.cli.main import app
from crm_tasks.contracts import all_tables
from crm_tasks.graph.params import GraphParams
from crm_tasks.ml.segments import RFM_SEGMENTS
from crm_tasks.quality.suites import LAYERS
from crm_tasks.settings import PROJECT, Settings
from crm_tasks.strategy.params import PlanParams
from crm_tasks.strategy.rules import load_rules
from crm_tasks.warehouse.query import query_served

if TYPE_CHECKING:
    from pathlib import Path

ENGLISH, CHINESE = PROJECT / "README.md", PROJECT / "README.zh-CN.md"
METHODS = sorted((PROJECT / "docs" / "methods").glob("*.md"))
DOCUMENTS = sorted(
    path for pattern in ("*.md", "docs/**/*.md", "dags/*.md") for path in PROJECT.glob(pattern)
)
A_PAGE = 60  # lines

TARGETS = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
TABLES = {table.full_name for table in all_tables()}
SCHEMAS = {table.schema for table in all_tables()}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(text: str) -> list[str]:
    """Return the indented and fenced blocks of a page, in order."""
    fenced = r"^```\w*\n((?:(?!```).*\n)*)```$"
    indented = r"(?<=\n\n)((?:    .*\n)+)"
    found = re.finditer(rf"{fenced}|{indented}", text, re.MULTILINE)
    return [match.group(1) or match.group(2) for match in found]


def prose(text: str) -> str:
    """Return a page without its blocks."""
    for block in blocks(text):
        text = text.replace(block, "")
    return text.replace("```", "")


def commands(path: Path) -> list[str]:
    """Return every command a page tells to type: lines of its blocks, and words in backticks."""
    lines = [line.strip() for block in blocks(text_of(path)) for line in block.splitlines()]
    typed = lines + re.findall(r"`([^`\n]+)`", prose(text_of(path)))
    return [line for line in typed if re.match(r"(\.venv/bin/)?(crm|make) ", line)]


def refuse_unknown(line: str) -> None:
    """Raise for a command line whose verb, option or target does not exist."""
    program, *words = shlex.split(line.split(" | ", maxsplit=1)[0])
    if program == "make":
        assert {word for word in words if "=" not in word} <= TARGETS, line
        return
    command = typer.main.get_command(app)
    while hasattr(command, "commands") and not (
        command.invoke_without_command and (not words or words[0].startswith("-"))
    ):
        assert words, line
        assert words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    options = {option for parameter in command.params for option in parameter.opts}
    named = {word for word in words if re.match(r"--?[a-z]", word)}
    assert named <= options | {"--help"}, line


# --- commands -------------------------------------------------------------------------------------


def test_pages_tell_commands() -> None:
    assert len(DOCUMENTS) > 20
    assert {"make run", "make test"} <= set(commands(ENGLISH))
    assert any(line.startswith(".venv/bin/crm sql") for line in commands(ENGLISH))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_command_on_a_page_exists(path: Path) -> None:
    for line in commands(path):
        refuse_unknown(line)


@pytest.mark.parametrize("line", ["make everything", "crm explain", "crm runs last", "crm run -x"])
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    with pytest.raises(AssertionError):
        refuse_unknown(line)


def test_every_target_has_its_line_of_help() -> None:
    makefile = text_of(PROJECT / "Makefile")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    assert set(phony.group(1).split()) == TARGETS
    assert set(re.findall(r"^([a-z-]+):.*## \w", makefile, re.MULTILINE)) == TARGETS


def test_every_query_of_the_readme_has_an_answer(published_home) -> None:
    queries = re.findall(r'crm sql "([^"]+)"', text_of(ENGLISH))
    assert len(queries) >= 2
    assert [q for q in queries if query_served(published_home, q).num_rows == 0] == []


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_table_a_page_names_exists(path: Path) -> None:
    named = set(re.findall(r"`([a-z]+\.[a-z0-9_]+)`", prose(text_of(path))))
    tables = {name for name in named if name.split(".")[0] in SCHEMAS}
    tables -= {"graph.things", "core.fct_things"}  # stand for any, in CONTRIBUTING
    assert sorted(tables - TABLES) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_setting_a_page_names_exists(path: Path) -> None:
    valid = {f"CRM_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"(?<![A-Z_])CRM_[A-Z_]+[A-Z]", text_of(path)))
    named = {name for name in named if not name.startswith("CRM_SECRET")}  # profiles name those
    assert sorted(named - valid) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose(text_of(path)))
    local = {path.parent / link for link in links if not re.match(r"[a-z]+:", link)}
    assert sorted(link for link in local if not link.exists()) == []


# --- the Chinese README ---------------------------------------------------------------------------


def test_both_readmes_have_the_same_parts() -> None:
    english, chinese = text_of(ENGLISH), text_of(CHINESE)
    for pattern in (r"^# .", r"^## .", r"^- .", r"^\| "):
        found = [len(re.findall(pattern, text, re.MULTILINE)) for text in (english, chinese)]
        assert found[0] == found[1] > 0, pattern
    assert len(blocks(english)) == len(blocks(chinese)) > 3


def test_both_readmes_tell_the_same_commands_and_links() -> None:
    english, chinese = text_of(ENGLISH), text_of(CHINESE)
    assert blocks(english)[1:] == blocks(chinese)[1:]  # the first is the picture
    code = [set(re.findall(r"`([^`]+)`", prose(text))) for text in (english, chinese)]
    assert code[0] == code[1]
    links = [re.findall(r"\]\(([^)]+)\)", text) for text in (english, chinese)]
    assert {*links[0]} ^ {*links[1]} == {ENGLISH.name, CHINESE.name}
    assert len(links[0]) == len(links[1])


def test_both_readmes_give_the_same_numbers() -> None:
    numbers = [
        set(re.findall(r"\d[\d.,:°]*\d", prose(text_of(path)).replace("150 万", "1.5 million")))
        for path in (ENGLISH, CHINESE)
    ]
    assert "2,469" in numbers[0]
    assert numbers[0] == numbers[1]


def test_the_pictures_show_the_same_tools_and_schemas() -> None:
    words = [set(re.findall(r"[A-Za-z]{2,}", blocks(text_of(p))[0])) for p in (ENGLISH, CHINESE)]
    named = {"landing", "staging", "identity", "core", "features", "graph", "ml", "strategy", "bi",
             "evaluation", "publish", "Airflow", "dbt", "DuckDB", "Great", "Python"}  # fmt: skip
    assert named <= words[0]
    assert named <= words[1]


# --- methods --------------------------------------------------------------------------------------


def test_every_method_has_a_page_that_the_index_names() -> None:
    names = {path.name for path in METHODS}
    assert names >= {
        "graph.md", "segments.md", "strategy.md", "evaluation.md", "identity.md", "quality.md",
    }  # fmt: skip
    index = text_of(PROJECT / "docs" / "index.md")
    assert [name for name in names if f"(methods/{name})" not in index] == []


@pytest.mark.parametrize("path", METHODS, ids=lambda path: path.stem)
def test_a_method_says_its_limits_on_one_page(path: Path) -> None:
    text = text_of(path)
    assert "\n## Limits\n" in text
    assert len(text.splitlines()) <= A_PAGE


def test_the_graph_page_gives_every_parameter_its_value() -> None:
    page = text_of(PROJECT / "docs/methods/graph.md")
    declared = {f.name: getattr(GraphParams(), f.name) for f in fields(GraphParams)}
    layers = declared.pop("layers")
    labels = {"label_terms": "3, 0.2", "label_support": "3, 0.2"}
    for name, value in declared.items():
        cells = re.search(rf"\| [^|]*`{name}`[^|]* \| ([^|]+) \|", page)
        assert cells, name
        assert cells.group(1) == labels.get(name, f"{value:g}"), name

    for name, layer in layers.items():
        row = re.search(rf"^\|[^|]*`{name}`.*\|$", page, re.MULTILINE)
        assert row, name
        assert f"| {layer.half_life_days:g} |" in row.group(0), name
        if layer.half_saturation is not None:
            assert f"w / (w + {layer.half_saturation:g})" in row.group(0), name


def test_the_strategy_page_gives_every_rule_and_default() -> None:
    page = text_of(PROJECT / "docs/methods/strategy.md")
    listed = re.findall(r"^\| `(\w+)` \| .* \| `(\w+)` \|$", page, re.MULTILINE)
    assert listed == [(rule.id, rule.contents[0]) for rule in load_rules().expansions]
    for name in ("default_hour", "connected_from", "exact_at_most", "exploration_share",
                 "issue_deadline_days"):  # fmt: skip
        default = next(f.default for f in fields(PlanParams) if f.name == name)
        assert f"`{name}` = {default:g}" in page


def test_the_segments_page_gives_every_segment() -> None:
    page = text_of(PROJECT / "docs/methods/segments.md")
    listed = re.findall(r"^\| `([a-z_]+)` \| ", page.split("## Segments")[1], re.MULTILINE)
    assert set(listed) == {segment.name for segment in RFM_SEGMENTS}
    model = text_of(PROJECT / "dbt_project/models/features/feat_customer_rfm.sql")
    assert listed == re.findall(r"(?:then|else) '(\w+)'", model)  # in the order they are tried


def test_the_quality_page_names_the_layers_with_gates() -> None:
    page = text_of(PROJECT / "docs/methods/quality.md")
    assert f"Layers: {', '.join(LAYERS)}." in page
