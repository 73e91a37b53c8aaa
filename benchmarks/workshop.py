"""Where acceptance lines work: a checkout, a scratch folder, and what several lines share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.processes import Finished, run_child

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True)
class FirstRuns:
    """`make run` three times: in a fresh clone, into an empty home, and once more unchanged."""

    cold: Finished | None
    warm: Finished
    again: Finished
    home: Path


class Workshop:
    """A scratch folder and the checkout that is judged.

    Parameters
    ----------
    folder : Path
        Scratch; its owner removes it.
    is_fresh : bool
        Judge a fresh clone of HEAD with an environment of its own; otherwise this checkout as it
        stands, which is quicker and leaves out what only a clone can show.
    """

    def __init__(self, folder: Path, *, is_fresh: bool = True) -> None:
        self.folder = folder
        self.is_fresh = is_fresh

    @cached_property
    def checkout(self) -> Path:
        """The checkout that is judged; a clone is made when first asked for."""
        if not self.is_fresh:
            return REPOSITORY
        clone = self.folder / "clone"
        command = ["git", "clone", "--quiet", REPOSITORY, clone]
        run_child(command, self.folder).checked()
        # Public data that some tests use lies beside the repository where it is at hand.
        beside = REPOSITORY.parent / "shared"
        if beside.exists():
            (self.folder / "shared").symlink_to(beside.resolve())
        return clone

    @cached_property
    def python(self) -> Path:
        """The Python of the judged checkout's environment, made when first asked for."""
        run_child(["make", ".venv/.tests", ".venv-duckdb15/.ready"], self.checkout).checked()
        return self.checkout / ".venv" / "bin" / "python"

    @cached_property
    def runs(self) -> FirstRuns:
        """The runs a newcomer makes; every line that needs a published home shares the last."""
        cold = self.make("run", self.folder / "cold").checked() if self.is_fresh else None
        home = self.folder / "warm"
        warm = self.make("run", home).checked()
        return FirstRuns(cold, warm, self.make("run", home).checked(), home)

    @cached_property
    def threads(self) -> dict[int, tuple[Path, Finished]]:
        """Two runs without Airflow into fresh homes, with 1 and 2 threads and other hash seeds."""
        done = {}
        for n in (1, 2):
            home = self.folder / f"threads-{n}"
            run = self.run_directly(home, CRM_THREADS=str(n), PYTHONHASHSEED=str(n))
            done[n] = (home, run.checked())
        return done

    @cached_property
    def small(self) -> tuple[Path, Path]:
        """The small company of the tests, run once: its profile and its home."""
        write = "from tests.flow.small_company import write_small_company as w; import sys, pathlib"
        folder, home = self.folder / "small", self.folder / "small-home"
        code = f"{write}; print(w(pathlib.Path(sys.argv[1])))"
        run_child([self.python, "-c", code, folder], self.checkout).checked()
        profile = folder / "small_company.yml"
        self.run_directly(home, "--profile", profile).checked()
        return profile, home

    def make(self, verb: str, home: Path) -> Finished:
        """Run a verb of the Makefile as a newcomer does, with a home."""
        return run_child(["make", verb], self.checkout, {"CRM_HOME": str(home)})

    def crm(self, *arguments: str | Path) -> Finished:
        """Run the ``crm`` command of the judged checkout."""
        return run_child([self.python.with_name("crm"), *arguments], self.checkout)

    def run_directly(self, home: Path, *arguments: str | Path, **environment: str) -> Finished:
        """Run all steps into a home without Airflow."""
        command = [self.python, "-m", "crm_tasks", "run", "--home", home, *arguments]
        return run_child(command, self.checkout, environment)

    def pytest(self, *paths: str) -> Finished:
        """Run tests of the judged checkout."""
        command = [self.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths]
        return run_child(command, self.checkout)

    def query(self, home: Path, sql: str, *options: str) -> list[dict[str, Any]]:
        """Return the rows that ``crm sql`` finds."""
        done = self.crm("sql", sql, "--format", "json", "--home", home, *options).checked()
        rows: list[dict[str, Any]] = json.loads(done.printed)
        return rows

    def hashes(self, home: Path) -> dict[str, str]:
        """Return the content hash of each table and partition the latest run published."""
        rows = self.query(
            home,
            "select table_name, partition_key, row_count, content_hash from table_hashes where "
            "run_id = (select run_id from publications order by version desc limit 1)",
            "--ops",
        )
        names = [f"{row['table_name']}/{row['partition_key']}" for row in rows]
        values = [f"{row['row_count']}:{row['content_hash']}" for row in rows]
        return dict(zip(names, values, strict=True))


def different(left: dict[str, str], right: dict[str, str]) -> Sequence[str]:
    """Return the names of tables whose hash is not the same in both, sorted."""
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))
