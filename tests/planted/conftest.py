"""One small company with its key, made once and read by many tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crm_tasks.planted import Company
from crm_tasks.planted.blocks import Block, make_block
from crm_tasks.planted.key import write_key
from crm_tasks.planted.sources import write_sources

if TYPE_CHECKING:
    from pathlib import Path

COMPANY = Company("S", 7)


@pytest.fixture(scope="session")
def company() -> Company:
    return COMPANY


@pytest.fixture(scope="session")
def block() -> Block:
    return make_block(COMPANY, 1)


@pytest.fixture(scope="session")
def sources(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("planted-sources")
    write_sources(folder, COMPANY)
    return folder


@pytest.fixture(scope="session")
def key(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("planted-key")
    write_key(folder, COMPANY)
    return folder
