"""Shared fixtures: a private SQL engine, a small home, fixed dates."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.scratch import scratch as lend_scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from crm_tasks.contracts.frames import Scratch


# A busy machine is no fault: examples are capped in number, not in time.
settings.register_profile("guanxi", max_examples=25, deadline=None)
settings.load_profile("guanxi")

#: Marks of modules that take long, the longest first.
LONGEST = ("airflow", "slow")

#: The small company, run once for all tests that look at a run's results.
pytest_plugins = ["tests.faults.fixtures", "tests.connectors.databases_on_loopback"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules that take longest first: at the end one would leave the other core idle."""
    ranks: dict[str, int] = {}
    for item in items:
        module = item.nodeid.partition("::")[0]
        rank = next((n for n, name in enumerate(LONGEST) if item.get_closest_marker(name)), 9)
        ranks[module] = min(rank, ranks.get(module, rank))
    items.sort(key=lambda item: ranks[item.nodeid.partition("::")[0]])


@pytest.fixture(scope="session", autouse=True)
def _one_thread_per_kernel() -> Iterator[None]:
    """Limit numeric libraries as a step does: threads that wait for each other starve the tests."""
    import_module("scipy.linalg")  # its own BLAS must be there to be limited
    with threadpool_limits(1):
        yield


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Callable[..., Scratch]]:
    """Yield a function that lends a private SQL engine with the given frames registered."""
    with ExitStack() as stack:

        def lend(**frames: pa.Table) -> Scratch:
            return stack.enter_context(lend_scratch(Home(tmp_path), "1GB", frames))

        yield lend


@pytest.fixture
def crm() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that calls the real `crm` command and captures what it prints."""

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("crm")), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return call
