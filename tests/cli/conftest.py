"""A home that looks published, and the `crm` command called in this process."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pytest

from crm_tasks.cli.main import main
from crm_tasks.warehouse.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable

#: Rows with all that a cell may hold: formulas, markup, controls, signs of other scripts, gaps.
PEOPLE = """
create table bi.people as
select * from (values
    (1, 'Ann', date '2024-07-01', 1234.50, true),
    (2, '=cmd|''/c calc''!A0', null, -3.00, false),
    (3, '关系, "quoted"', date '1999-12-31', null, null),
    (4, '[red]plain[/red]' || chr(27) || '[31m' || chr(7), null, 0.00, null)
) as people (person_no, name, born_on, spent, is_regular)
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home that serves one table of four people."""
    home = Home(tmp_path_factory.mktemp("shelf"))
    home.serve.mkdir()
    file = home.serve / "crm_000001_abc.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema bi")
        connection.execute(PEOPLE)
    home.served_link.symlink_to(file.name)
    return home


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Return a function that calls `crm` without the cost of another process."""

    def called(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["crm", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capfd.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, printed.out, printed.err)

    return called
