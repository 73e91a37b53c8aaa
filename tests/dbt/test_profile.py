"""How dbt opens the working file: what holds for the process, and what it sets for each model."""

from __future__ import annotations

import duckdb
import jinja2
import pytest
import yaml

from crm_tasks.settings import PROJECT

SPILLS = "select i from range(1_000_000) t(i) order by hash(i)"


@pytest.fixture
def output(tmp_path):
    """Return the output of dbt_project/profiles.yml, rendered for a small machine."""
    given = {
        "DBT_CRM_THREADS": "1",
        "DBT_CRM_MEMORY_LIMIT": "12MB",
        "DBT_CRM_TEMPORARY": str(tmp_path / "spilled"),
    }
    text = (PROJECT / "dbt_project" / "profiles.yml").read_text(encoding="utf-8")
    environment = jinja2.Environment()  # noqa: S701 (YAML, not HTML)
    environment.filters["as_number"] = lambda value: value
    rendered = environment.from_string(text).render(env_var=given.get)
    return yaml.safe_load(rendered)["guanxi"]["outputs"]["duckdb"]


def test_a_model_can_be_built_after_one_that_spilled(output, tmp_path):
    """dbt-duckdb sets the settings on each cursor; DuckDB refuses some once it has spilled."""
    with duckdb.connect(str(tmp_path / "w.duckdb"), config=output["config_options"]) as first:
        (limit,) = first.execute("select current_setting('memory_limit')").fetchone()
        assert limit.startswith("11"), limit  # MiB
        first.execute(f"create table sorted as {SPILLS}")
        assert list((tmp_path / "spilled").iterdir())
        second = first.cursor()
        assert output["settings"]
        for name, value in output["settings"].items():
            second.execute(f"set {name} = '{value}'")
        second.execute("create table next as select 1 as a")
