"""A planted block that was resolved once, for all tests that look at the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from crm_tasks.identity.inputs import Previous
from crm_tasks.identity.links import PAIR_COLUMNS
from crm_tasks.identity.resolve import Resolution, resolve
from crm_tasks.identity.tables import resolved_rows
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.scratch import scratch as lend_scratch
from tests.identity.people import PARAMS, Block, inputs_of, planted_block, versions_of

if TYPE_CHECKING:
    import pyarrow as pa

    from crm_tasks.identity.inputs import Inputs

SEED = 4711


@dataclass(frozen=True)
class Resolved:
    """A block, what was worked out of it and the tables it became."""

    block: Block
    inputs: Inputs
    found: Resolution
    tables: dict[str, pa.Table]


def resolved(folder, rows, threads=2, **more) -> tuple[Inputs, Resolution, dict[str, pa.Table]]:
    """Resolve records in an engine of their own and return all that came of it."""
    inputs = inputs_of(rows, **more)
    with lend_scratch(Home(folder), "2GB", {}, threads) as engine:
        found = resolve(engine, inputs, PARAMS)
        return inputs, found, resolved_rows(engine, inputs, found, versions_of(inputs), None)


def previous_of(found: Resolution, tables: dict[str, pa.Table]) -> Previous:
    """Return what a successor of a resolution builds upon."""
    return Previous(
        tables["records"], found.pairs.select(list(PAIR_COLUMNS)), found.reasons, found.comparable,
        found.model.version,
    )  # fmt: skip


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Resolved:
    """A planted block resolved with a model of its own."""
    block = planted_block(SEED)
    inputs, found, tables = resolved(tmp_path_factory.mktemp("planted"), block.rows, model=None)
    return Resolved(block, inputs, found, tables)
