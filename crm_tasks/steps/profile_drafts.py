"""From files to drafts of tables: sample, decide how they are written, read the sample."""

from __future__ import annotations

import contextlib
import io
import itertools
from typing import TYPE_CHECKING

from crm_tasks.connectors.samples import (
    DOCUMENT_BYTES,
    SampledFile,
    delimited_rows,
    document,
    json_rows,
    parquet_columns,
    parquet_rows,
    sample_file,
    sheet_headers,
    sheet_rows,
)
from crm_tasks.errors import LandingRefused
from crm_tasks.landing.encodings import Encoding
from crm_tasks.landing.json_records import RefusedJson, parse_record, split_array, split_lines
from crm_tasks.landing.records import Dialect
from crm_tasks.profiles import SourceTable
from crm_tasks.profiling.containers import Container, propose_container
from crm_tasks.profiling.decisions import DOUBTFUL, Decision
from crm_tasks.profiling.dialects import fields_of, propose_dialect
from crm_tasks.profiling.drafts import Draft, Writing, judged, merged, unreadable, with_header
from crm_tasks.profiling.encodings import propose_encoding
from crm_tasks.profiling.headers import name_problem
from crm_tasks.profiling.json_keys import columns_of
from crm_tasks.profiling.remarks import remark
from crm_tasks.profiling.samples import whole_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from crm_tasks.connectors.preflight import Limits

RECORDS_FOR_KEYS, RECORDS_AT_MOST = 2_000, 60_000
ENDINGS = (".gz", ".zip", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx")


def drafts_of(paths: Sequence[Path], limits: Limits) -> list[Draft]:
    """Return a draft per table that the files hold; alike files become one table.

    A file that cannot be read becomes a draft that says why.
    """
    drafts = [draft for path in paths for draft in _drafts(path, limits)]
    readable = [draft for draft in drafts if draft.rows.num_columns]
    broken = [draft for draft in drafts if not draft.rows.num_columns]
    return [judged(draft) for draft in merged(readable)] + broken


def _drafts(path: Path, limits: Limits) -> Iterator[Draft]:
    label, writing = _label(path), Writing(Decision(Container("csv"), 0.0, remark("plain_text")))
    try:
        sampled = sample_file(path, limits)
        kind = propose_container(sampled.raw.parts[0], path.name)
        if kind.value.format == "json" or not kind.confidence > DOUBTFUL:
            kind = propose_container(document(path, sampled.packed_by, limits), path.name)
        writing = Writing(kind, sampled.packed_by)
        read = {"csv": _delimited, "json": _json, "jsonl": _json, "parquet": _parquet,
                "xlsx": _sheets}[kind.value.format]  # fmt: skip
        yield from read(sampled, writing, label, limits)
    except LandingRefused as refused:
        yield unreadable(label, path.name, str(refused), writing)


def _label(path: Path) -> str:
    name = path.name
    while (ending := path.suffix.lower()) in ENDINGS:
        name = name[: -len(ending)]
        path = path.with_name(name)
    return name


def _delimited(sampled: SampledFile, writing: Writing, label: str, _: Limits) -> Iterator[Draft]:
    encoding = propose_encoding(sampled.raw)
    line_end = "\n".encode(encoding.value)
    found = propose_dialect(whole_lines(sampled.raw, line_end), encoding.value)
    dialect = Dialect(found.delimiter.value, found.quote.value, found.escape, Encoding())
    n_fields = len(fields_of(found.text, dialect))
    rows = delimited_rows(found.text, dialect, n_fields, sampled.path.name)
    rows, header, problem = with_header(rows)
    problems = [problem] if problem else []
    if found.delimiter.confidence < DOUBTFUL:
        problems.append(found.delimiter.remark)
    yield Draft(
        label=label,
        files=(sampled.path.name,),
        writing=Writing(
            writing.container,
            writing.packed_by,
            encoding,
            found.delimiter,
            found.quote,
            found.escape,
            header,
        ),
        rows=rows,
        is_whole=sampled.raw.is_whole,
        problems=tuple(problems),
    )


def _json(sampled: SampledFile, writing: Writing, label: str, limits: Limits) -> Iterator[Draft]:
    container = writing.container.value
    encoding = propose_encoding(sampled.raw)
    if container.format == "jsonl":
        parts = whole_lines(sampled.raw, "\n".encode(encoding.value))
        is_whole = sampled.raw.is_whole
    else:
        parts = (document(sampled.path, sampled.packed_by, limits)[len(sampled.raw.mark) :],)
        is_whole = sampled.raw.size <= DOCUMENT_BYTES
    text = b"".join(part.decode(encoding.value, "replace").encode() for part in parts)
    found = list(itertools.islice(_records(text, container), RECORDS_AT_MOST))
    columns = columns_of(parse_record(raw) for raw in found[:RECORDS_FOR_KEYS])
    table = _table(sampled.path.name, "jsonl", columns)
    yield Draft(
        label=label,
        files=(sampled.path.name,),
        writing=Writing(writing.container, writing.packed_by, encoding),
        rows=json_rows(b"\n".join(found), table, sampled.path.name),
        is_whole=is_whole,
    )


def _records(text: bytes, container: Container) -> Iterator[bytes]:
    """Yield the records that can be read, each on one line; a document may be cut off."""
    stream = io.BytesIO(text)
    runs = (
        (found for found, _, _ in split_lines(stream))
        if container.format == "jsonl"
        else split_array(stream, container.records)
    )
    try:
        for one in itertools.chain.from_iterable(runs):
            with contextlib.suppress(RefusedJson):
                parse_record(one.raw)
                yield one.raw.strip().replace(b"\r", b" ").replace(b"\n", b" ")
    except LandingRefused:
        if len(text) < DOCUMENT_BYTES:
            raise


def _parquet(sampled: SampledFile, writing: Writing, label: str, limits: Limits) -> Iterator[Draft]:
    names = parquet_columns(sampled.path, sampled.packed_by, limits)
    wrong = name_problem(names)
    if wrong is not None:
        yield unreadable(label, sampled.path.name, wrong.remark.en, writing)
        return
    table = _table(sampled.path.name, "parquet", names)
    rows = parquet_rows(sampled.path, sampled.packed_by, table, limits)
    yield Draft(label, (sampled.path.name,), writing, rows, is_whole=sampled.raw.is_whole)


def _sheets(sampled: SampledFile, writing: Writing, label: str, limits: Limits) -> Iterator[Draft]:
    headers = sheet_headers(sampled.path, sampled.packed_by, limits)
    for sheet, names in headers.items():
        is_only = len(headers) == 1
        wrong = name_problem(names)
        if wrong is not None:
            yield unreadable(f"{label} {sheet}", sampled.path.name, wrong.remark.en, writing)
            continue
        table = _table(sampled.path.name, "xlsx", names, sheet=sheet)
        rows = sheet_rows(sampled.path, sampled.packed_by, table, limits)
        yield Draft(
            label=label if is_only else sheet,
            files=(sampled.path.name,),
            writing=Writing(writing.container, writing.packed_by, sheet=sheet),
            rows=rows,
            is_whole=False,
        )


def _table(file: str, kind: str, columns: Sequence[str], **about: object) -> SourceTable:
    return SourceTable.model_validate(
        {
            "name": "sampled",
            "files": file,
            "format": kind,
            "columns": dict.fromkeys(columns, "plain"),
            "feeds": [],
            **({"unknown_keys": "plain"} if kind in ("json", "jsonl") else {}),
            **about,
        }
    )
