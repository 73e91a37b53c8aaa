"""One block of the company, whole: what both the sources and the answer key are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_tasks.planted.purchases import (
    Lines,
    Orders,
    Process,
    block_lines,
    block_orders,
    block_process,
)
from crm_tasks.planted.ties import Ties, block_ties

if TYPE_CHECKING:
    from crm_tasks.planted.company import Company


@dataclass(frozen=True)
class Block:
    """A thousand persons and all they do; the same whatever blocks were made before."""

    company: Company
    number: int
    ties: Ties
    process: Process
    orders: Orders
    lines: Lines


def make_block(company: Company, number: int) -> Block:
    """Return one block."""
    process = block_process(company, number)
    orders = block_orders(company, number, process)
    lines = block_lines(company, number, process, orders)
    return Block(company, number, block_ties(company, number), process, orders, lines)
