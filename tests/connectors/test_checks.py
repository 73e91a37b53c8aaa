"""What keeps a source from being read is told for all its tables at once."""

from __future__ import annotations

from crm_tasks.connectors.checks import check_source
from tests.landing.builders import profile, source_table

PRODUCTS = {"products": {"map": {"product_source_id": "id"}}}


def source(*names, root="data"):
    tables = [source_table(PRODUCTS, name=name, files=f"{name}.csv") for name in names]
    return profile(shop=tables).sources[0].model_copy(update={"root": root})


def test_a_source_that_can_be_read_has_no_problem(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("id,name\n")
    assert check_source(source("a"), tmp_path) == []


def test_every_file_that_is_not_there_is_told(tmp_path):
    (tmp_path / "data").mkdir()
    problems = check_source(source("a", "b"), tmp_path)
    assert ["a.csv" in problems[0], "b.csv" in problems[1], len(problems)] == [True, True, 2]


def test_a_folder_that_is_not_there_is_told_once(tmp_path):
    (problem,) = check_source(source("a", "b", root="gone"), tmp_path)
    assert "no folder" in problem
    assert "shop" in problem


def test_a_link_is_no_file_of_its_own(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "secret.csv").write_text("x")
    (tmp_path / "data" / "a.csv").symlink_to(tmp_path / "secret.csv")
    assert "E_TYPE" in check_source(source("a"), tmp_path)[0]
