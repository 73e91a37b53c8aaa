"""``python -m crm_tasks.planted``: write a planted company's sources, its answer key, or both."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crm_tasks.errors import CrmError, SettingsError
from crm_tasks.planted import SIZES, Company
from crm_tasks.planted.key import write_key
from crm_tasks.planted.sources import write_sources

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what was asked for; return 0, or 1 with a message."""
    given = _parser().parse_args(arguments)
    company = Company(given.size, given.seed)
    try:
        if given.sources is not None:
            _write_sources(given.sources, company)
        if given.key is not None:
            write_key(given.key, company)
    except CrmError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _write_sources(folder: Path, company: Company) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise SettingsError("the sources need an empty folder of their own")
    folder.mkdir(parents=True, exist_ok=True)
    write_sources(folder, company)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crm_tasks.planted", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--seed", type=int, default=20250101)
    parser.add_argument("--sources", type=Path, help="empty folder for the source files")
    parser.add_argument("--key", type=Path, help="empty folder for the answer key")
    return parser


if __name__ == "__main__":
    sys.exit(main())
