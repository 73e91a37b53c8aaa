"""What is made once and read by all test processes, whichever of them comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def folder_of_all(factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return the temporary folder that the test processes of this session have in common."""
    base = factory.getbasetemp()
    return base if worker_id == "master" else base.parent


def made_once(folder: Path, make: Callable[[Path], object]) -> Path:
    """Return a folder that ``make`` has filled, in this process or in another one."""
    is_made = folder.with_suffix(".made")
    with FileLock(folder.with_suffix(".lock")):
        if not is_made.exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            is_made.touch()
    return folder
