"""What belongs to a table or a step is there: each test lists whatever is missing."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

from crm_tasks.contracts import all_tables, find_table
from crm_tasks.contracts.dbt_models import model_path
from crm_tasks.contracts.registry import FLOW
from crm_tasks.contracts.render import gate_path, writer_of
from crm_tasks.quality.suites import EXPECTATIONS, LAYERS, load_suites
from crm_tasks.settings import PROJECT
from crm_tasks.steps.registry import STEPS, step_writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crm_tasks.contracts import Table

GROUPS = ("load", "model", "graph", "learn", "decide", "evaluate", "publish")
CODE = PROJECT / "crm_tasks"
TESTS = PROJECT / "tests"

#: Tables of gated layers that no gate checks, each with its reason.
UNGATED = {
    "core.dim_dates": "a calendar; dbt tests it whole",
    "features.feat_customer_graph": "built after the gate of the graph it copies",
    "features.feat_customers_wide": "built after the gates of what it joins",
    "features.need_distribution": "worked out in the last step of learning; counts with intervals",
    "features.need_trend": "as need_distribution",
    "features.need_correlation": "as need_distribution",
    "features.feat_opportunity_stage_history": "days of a gated history; tested as it is built",
    "features.feat_opportunity_pipeline": "sums of the stays; tested as they are built",
    "features.feat_owner_performance": "as feat_opportunity_pipeline",
    "features.feat_session_funnel": "sums of gated visits; a claim holds them against these",
    "features.feat_channel_attribution": "sums of gated orders; a claim holds them against these",
    "strategy.decision_briefs": "written after the gate of the plan it describes",
    "graph.dropped_products": "a record of what was left out",
}


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def files_of_tests() -> list[Path]:
    return sorted(TESTS.glob("**/test_*.py"))


def modules() -> list[Path]:
    """Return every module that holds code, package files with nothing but names left out."""
    return [path for path in sorted(CODE.glob("**/*.py")) if path.name != "__init__.py"]


def dotted(module: Path) -> str:
    return ".".join(module.relative_to(PROJECT).with_suffix("").parts)


def imports(path: Path) -> Iterator[str]:
    """Yield the module of every import in a file, those inside functions too."""
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


# --- tables ---------------------------------------------------------------------------------------


def test_every_table_has_a_writer() -> None:
    tables = all_tables()
    assert tables
    missing = [t.full_name for t in tables if not (PROJECT / writer_of(t)).exists()]
    assert missing == []


def test_every_table_has_its_section_on_a_page() -> None:
    missing = [
        table.full_name
        for table in all_tables()
        if f"## {table.full_name}\n" not in text_of(PROJECT / f"docs/tables/{table.schema}.md")
    ]
    assert missing == [], "run `make contracts`"


def is_tested(table: Table) -> bool:
    """Return whether a test speaks of the table: its own yml for dbt, a test file otherwise."""
    if table.writer == "dbt":
        return "data_tests:" in text_of(model_path(table))
    word = re.compile(rf"\b{table.name}\b", re.IGNORECASE)
    return any(word.search(text_of(path)) for path in files_of_tests())


def test_every_table_has_a_test() -> None:
    missing = [table.full_name for table in all_tables() if not is_tested(table)]
    assert not missing, "\n".join(missing)


def test_every_table_of_a_gated_layer_has_a_gate_or_a_reason_for_none() -> None:
    gated = [t for t in all_tables() if gate_path(t).parent.name in LAYERS]
    assert gated
    without = {t.full_name for t in gated if not (PROJECT / gate_path(t)).exists()}
    assert without == UNGATED.keys(), (
        f"without a gate or needlessly excused: {without ^ set(UNGATED)}"
    )


# --- gates ----------------------------------------------------------------------------------------


def test_every_gate_file_names_a_table_of_its_layer_and_its_columns() -> None:
    files = sorted(EXPECTATIONS.glob("*/*.yml"))
    assert files
    assert {path.parent.name for path in files} == set(LAYERS)
    for layer in LAYERS:
        for path, suite in load_suites(layer).items():
            assert PROJECT / gate_path(suite.contract) == path


# --- steps ----------------------------------------------------------------------------------------


def test_every_step_has_a_group_and_a_function() -> None:
    assert STEPS
    assert [step.name for step in STEPS if step.group not in GROUPS] == []
    missing = []
    for step in STEPS:
        try:
            assert callable(step.load())
        except (ImportError, AttributeError) as error:
            missing.append(f"{step.name}: {error}")
    assert missing == []


def test_groups_follow_each_other_in_the_order_of_the_flow() -> None:
    order = [GROUPS.index(step.group) for step in STEPS]
    assert order == sorted(order)
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_every_schema_that_is_published_is_written_by_a_step() -> None:
    written = {schema for step in STEPS for schema in step.writes}
    published = {t.schema for t in all_tables() if t.writer != "ops"}
    assert sorted(published - written) == []


def test_what_a_step_contributes_to_a_later_step_gathers() -> None:
    names = [step.name for step in STEPS]
    for step in STEPS:
        for table in step.contributes:
            assert names.index(step_writing(find_table(table))) > names.index(step.name), table


# --- code -----------------------------------------------------------------------------------------


def names_to_test(module: Path) -> list[str]:
    """Return the module's name, and its package's where that speaks for the module.

    A package speaks for what it shows, and a package inside a package for all it holds.
    """
    is_shown = dotted(module) in imports(module.parent / "__init__.py")
    is_inner = module.parent.parent != CODE
    return [dotted(module), dotted(module.parent)] if is_shown or is_inner else [dotted(module)]


def test_every_module_is_named_by_a_test() -> None:
    declarations = {CODE / "contracts" / f"{schema}.py" for schema in FLOW}  # checked above
    found = [m for m in modules() if m.name != "__main__.py" and m not in declarations]
    assert found
    imported = {name for path in files_of_tests() for name in imports(path)}
    quoted = "".join(text_of(path) for path in TESTS.glob("**/*.py"))
    missing = [
        dotted(module)
        for module in found
        if not any(n in imported or f'"{n}' in quoted for n in names_to_test(module))
    ]
    assert not missing, "\n".join(missing)


def test_duckdb_is_imported_in_the_warehouse_package_only() -> None:
    found = [m for m in modules() if "duckdb" in set(imports(m))]
    assert found
    assert [dotted(m) for m in found if m.parent != CODE / "warehouse"] == []


def test_great_expectations_is_imported_in_one_module_only() -> None:
    found = [m for m in modules() if any(n.startswith("great_expectations") for n in imports(m))]
    assert [dotted(module) for module in found] == ["crm_tasks.quality.gate"]


def test_no_module_imports_an_orchestrator() -> None:
    orchestrators = ("airflow", "cosmos", "dbt")
    found = {
        dotted(m): n for m in modules() for n in imports(m) if n.split(".")[0] in orchestrators
    }
    assert found == {}


def test_dbt_takes_nothing_of_ours_for_a_plugin() -> None:
    """Dbt imports every top-level module named dbt_* that it finds on the path."""
    assert not (PROJECT / "dbt_project" / "__init__.py").exists()
    assert list((PROJECT / "dags").glob("**/dbt_*")) == []
