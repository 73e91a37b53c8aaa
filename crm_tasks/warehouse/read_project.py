"""The project as dbt has read it, kept in the process that has dbt loaded.

Reading costs each call more than building most layers does. What was read is good for every date
and run, as long as no file of the project has changed and what the files themselves asked of the
environment is answered alike.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: By name, since this package imports no orchestrator (docs/conventions.md).
DBT = "dbt.cli.main"
Stamp = tuple[tuple[str, int], ...]


@dataclass
class ReadProject:
    """One project, read when it is first asked for and again when something about it changed."""

    manifest: Any = None
    _arguments: tuple[str, ...] = ()
    _stamp: Stamp = ()
    _answers: tuple[tuple[str, str | None], ...] = ()

    def read(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: str, console: str
    ) -> Any:
        """Return dbt's manifest; None if dbt cannot read the project: a call then says why.

        Parameters
        ----------
        arguments : sequence of str
            What dbt is told to read it: ``parse`` and where.
        """
        stamp = _stamp(arguments)
        if not self._is_good(tuple(arguments), stamp, environment):
            with _streams_kept():
                stand(environment, folder, console)
                ended = import_module(DBT).dbtRunner().invoke(list(arguments))
            self.manifest = ended.result if ended.success else None
            self._arguments, self._stamp = tuple(arguments), stamp
            asked = self.manifest.env_vars if ended.success else {}
            self._answers = tuple((name, environment.get(name)) for name in sorted(asked))
        return self.manifest

    def _is_good(
        self, arguments: tuple[str, ...], stamp: Stamp, environment: Mapping[str, str]
    ) -> bool:
        return (
            self.manifest is not None
            and (self._arguments, self._stamp) == (arguments, stamp)
            and all(environment.get(name) == answer for name, answer in self._answers)
        )


def stand(environment: Mapping[str, str], folder: str, console: str) -> None:
    """Have this process stand where a call of dbt does: its folder, environment and streams."""
    os.chdir(folder)
    os.environ.clear()  # noqa: TID251 (this process is the child whose environment it is)
    os.environ.update(environment)  # noqa: TID251
    written = os.open(console, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for opened, stream in ((nothing, 0), (written, 1), (written, 2)):
        os.dup2(opened, stream)
    os.close(written)
    os.close(nothing)


@contextmanager
def _streams_kept() -> Iterator[None]:
    kept = [os.dup(stream) for stream in range(3)]
    try:
        yield
    finally:
        for stream, ours in enumerate(kept):
            os.dup2(ours, stream)
            os.close(ours)


def _stamp(arguments: Sequence[str]) -> Stamp:
    """Return the files of the project and when each was written last."""
    project = Path(dict(pairwise(arguments))["--project-dir"])
    files = (path for path in project.rglob("*") if path.is_file())
    return tuple(sorted((str(path), path.stat().st_mtime_ns) for path in files))
