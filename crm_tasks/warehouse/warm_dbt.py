"""A process that has dbt loaded and makes a child of itself for each call: what a build asks.

Loading dbt and reading its project take longer than building most layers does, and a run builds
several. Each call still has a process of its own, which ends with it and lets go of the database;
only the loading and reading are done once. The process that asks keeps it; when that one ends, the
kernel ends it and its child.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tasks.errors import ModelBuildFailed
from crm_tasks.warehouse.bound import bound_python, end_with
from crm_tasks.warehouse.read_project import DBT, ReadProject, stand

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Loaded ahead; by name, since this package imports no orchestrator (docs/conventions.md).
LOADED = (DBT, "dbt.adapters.duckdb")
#: dbt's exit codes: something it built failed, or it could not begin.
FAILED, REFUSED = 1, 2


@dataclass(frozen=True)
class Ended:
    """How a call of dbt ended: its exit code, negative for a signal, and what it used."""

    code: int
    peak_kib: int
    cpu_s: float


class WarmDbt:
    """The loaded process of this one; started with the first call, or ahead of it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0
        self._one_at_a_time = threading.Lock()

    def start(self) -> subprocess.Popen[str]:
        """Return the loaded process, starting it where this process has none that lives."""
        # After a fork it is the parent's: two must not talk to it at once.
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self.stop()
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                bound_python(__name__),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={name: value for name, value in os.environ.items() if name != "CRM_KEY"},  # noqa: TID251
            )
            self._owner = os.getpid()
            atexit.register(self.stop)
        return self._process

    def stop(self) -> None:
        """End the loaded process, if it is this one's, and whatever it is doing."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.communicate()
        atexit.unregister(self.stop)

    def call(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        console: Path,
        project: Sequence[str] = (),
    ) -> Ended:
        """Run dbt with these arguments, its output into ``console``, and wait for its end.

        Parameters
        ----------
        project : sequence of str
            What dbt is told to read the project; the call then uses what was read, maybe before.

        Raises
        ------
        ModelBuildFailed
            The loaded process is gone: it could not load dbt, or something killed it.
        """
        asked = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "console": str(console),
            "project": list(project),
            "folder": str(Path.cwd()),
        }
        with self._one_at_a_time:
            process = self.start()
            try:
                return Ended(**_ask(process, asked))
            except BaseException:
                self.stop()  # its answer would be taken for that of the next call
                raise


WARM = WarmDbt()


def _ask(process: subprocess.Popen[str], asked: Mapping[str, Any]) -> dict[str, Any]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the loaded dbt was started without pipes")
    try:
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        line = ""
    else:
        line = process.stdout.readline()
    if not line:
        code = process.wait()
        raise ModelBuildFailed(f"the process that runs dbt ended early (exit code {code})")
    answer: dict[str, Any] = json.loads(line)
    return answer


def serve() -> None:
    """Answer each line of standard input: make the child, wait for it, say how it ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the child; who asks then ends us
    for module in LOADED:
        import_module(module)
    project = ReadProject()
    for line in iter(sys.stdin.readline, ""):
        asked = json.loads(line)
        begun = time.process_time()
        manifest = _read(project, asked) if asked["project"] else None
        reading = time.process_time() - begun
        ours = os.getpid()
        child = os.fork()
        if child == 0:
            _become(ours, asked, manifest)
            return  # never: dbt ends the process
        _, status, usage = os.wait4(child, 0)
        used = reading + usage.ru_utime + usage.ru_stime
        ended = Ended(os.waitstatus_to_exitcode(status), usage.ru_maxrss, used)
        sys.stdout.write(json.dumps(asdict(ended)) + "\n")
        sys.stdout.flush()


def _read(project: ReadProject, asked: Mapping[str, Any]) -> Any:
    where = (asked["environment"], asked["folder"], asked["console"])
    return project.read(asked["project"], *where)


def _become(parent: int, asked: Mapping[str, Any], manifest: Any) -> None:
    """Turn this child into the dbt that was asked for."""
    end_with(parent)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stand(asked["environment"], asked["folder"], asked["console"])
    dbt = import_module(DBT)
    if manifest is None:
        # dbt's static parser waits for threads of its own. A child has none of those that its
        # parent made when that read a project: it would wait for ever.
        sys.argv = ["dbt", *asked["arguments"], "--no-static-parser"]
        dbt.cli()
    ended = dbt.dbtRunner(manifest).invoke(asked["arguments"])
    sys.exit(0 if ended.success else REFUSED if ended.exception else FAILED)


if __name__ == "__main__":
    serve()
