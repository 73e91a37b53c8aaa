"""``python -m crm_tasks.contracts [--check]``: write everything that is made from declarations.

Without ``--check`` the files are written; with it nothing is, and the exit code is 1 if a file
differs from what it would be, or stands there without a declaration behind it.
"""

from __future__ import annotations

import argparse
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from crm_tasks.contracts import all_tables, render
from crm_tasks.profiles import profile_schema
from crm_tasks.settings import env_example

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_tasks.contracts import Table

#: Where nothing may stand that is not generated.
GENERATED_PATTERNS = ("docs/tables/*.md", "dbt_project/models/**/__*__sources.yml")


def generated_files() -> dict[Path, str]:
    """Return every generated file, by its path relative to the project, with its text."""
    schemas = tables_by_schema()
    pages = {
        Path(f"docs/tables/{schema}.md"): render.schema_page(schema, tables)
        for schema, tables in schemas.items()
    }
    return {
        **source_ymls(schemas),
        **pages,
        Path("docs/tables/index.md"): render.index_page(schemas),
        Path("docs/profile.schema.json"): profile_schema(),
        Path(".env.example"): env_example(),
    }


def tables_by_schema() -> dict[str, Sequence[Table]]:
    """Return all tables, landing views included, grouped by schema in the order of the flow."""
    tables = (*render.landing_tables(), *all_tables())
    return {schema: tuple(group) for schema, group in groupby(tables, lambda table: table.schema)}


def source_ymls(schemas: dict[str, Sequence[Table]]) -> dict[Path, str]:
    """Return the dbt source yml of each schema that dbt reads and does not write."""
    readable = {
        schema: [
            table
            for table in schemas.get(schema, ())
            if schema != "ops" or table.name in render.OPS_TABLES_FOR_DBT
        ]
        for schema in render.SOURCE_FOLDERS
    }
    return {
        render.sources_path(schema): render.sources_yml(schema, tables)
        for schema, tables in readable.items()
        if tables
    }


def differing(root: Path, files: dict[Path, str]) -> list[Path]:
    """Return the generated files that are missing, differ, or have no declaration any more."""
    wrong = [path for path, text in files.items() if _text_of(root / path) != text]
    return sorted([*wrong, *_stale(root, files)])


def write(root: Path, files: dict[Path, str]) -> list[Path]:
    """Write what differs, remove what is stale and return the paths touched."""
    touched = differing(root, files)
    for path in touched:
        target = root / path
        if path in files:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(files[path], encoding="utf-8")
        else:
            target.unlink()
    return touched


def _stale(root: Path, files: dict[Path, str]) -> list[Path]:
    standing = {
        path.relative_to(root) for pattern in GENERATED_PATTERNS for path in root.glob(pattern)
    }
    return sorted(standing - set(files))


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the generated files; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m crm_tasks.contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, list what differs")
    is_check = parser.parse_args(arguments).check
    act = differing if is_check else write
    touched = act(render.PROJECT, generated_files())
    verb = "differs from its declaration" if is_check else "written"
    sys.stdout.writelines(f"{path} {verb}\n" for path in touched)
    if is_check and touched:
        sys.stdout.write("run `make contracts` and commit the result\n")
    return 1 if is_check and touched else 0


if __name__ == "__main__":
    sys.exit(main())
