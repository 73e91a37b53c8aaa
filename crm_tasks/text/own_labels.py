"""Labels that the company's own people gave: read, understood, joined with their texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from crm_tasks.errors import RunStateError, listed, nearest
from crm_tasks.text.labels import READ_LANGUAGES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from crm_tasks.text.taxonomy import Taxonomy

COLUMNS = ("text_id", "label")
FIRST_ROW = 2  # below the header, as a spreadsheet counts
COMPARED_AT_MOST = 5_000


@dataclass(frozen=True)
class Given:
    """One label as it was given: for which text, in which word, where it stands."""

    text_id: str
    word: str
    place: str


@dataclass(frozen=True)
class OwnLabels:
    """Texts with the intent somebody said they have, the earliest first.

    Parameters
    ----------
    moments : sequence of datetime or None
        When each was written.
    n_blank, n_unread : int
        Rows without a label, and texts in a language that is not read; left out.
    """

    text_ids: Sequence[str]
    texts: Sequence[str]
    labels: Sequence[str]
    moments: Sequence[dt.datetime | None]
    n_blank: int = 0
    n_unread: int = 0


def read_label_file(path: Path) -> list[Given]:
    """Return the rows of a CSV or Parquet file with the columns text_id and label.

    Other columns (those of `crm text queue`) are for people and not read.

    Raises
    ------
    RunStateError
        There is no such file, it is neither, or a column is missing; the nearest is named.
    """
    try:
        rows = _read(path)
    except FileNotFoundError:
        raise RunStateError(f"{path}: no such file") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise RunStateError(
            f"{path}: cannot be read as {'Parquet' if _is_parquet(path) else 'CSV in UTF-8'} "
            f"({type(error).__name__}); expected are the columns {' and '.join(COLUMNS)}"
        ) from None
    for column in COLUMNS:
        if column not in rows.column_names:
            raise RunStateError(
                f"{path}: no column {column!r}; there are {listed(rows.column_names)}"
                f"{nearest(column, rows.column_names)}"
            )
    pairs = zip(*(rows[name].cast(pa.string()).to_pylist() for name in COLUMNS), strict=True)
    first = 1 if _is_parquet(path) else FIRST_ROW
    return [
        Given((text or "").strip(), (label or "").strip(), f"{path.name}, row {number}")
        for number, (text, label) in enumerate(pairs, first)
    ]


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _read(path: Path) -> pa.Table:
    if _is_parquet(path):
        return pq.read_table(path)
    texts = {name: pa.string() for name in COLUMNS}
    return pyarrow.csv.read_csv(
        path, convert_options=pyarrow.csv.ConvertOptions(column_types=texts),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
    )  # fmt: skip


def understood(given: Sequence[Given], texts: pa.Table, taxonomy: Taxonomy) -> OwnLabels:
    """Return the labels as intents beside their texts.

    Parameters
    ----------
    given : sequence of Given
        As they came; a row without a label waits for one and is left out.
    texts : pyarrow.Table
        Rows of text.masked_texts.

    Raises
    ------
    RunStateError
        A label is no intent, a text is not known, or one text has two labels; the message says
        where it stands and names the nearest.
    """
    labelled = [one for one in given if one.word]
    if not labelled:
        where = given[0].place.partition(",")[0] if given else "the file"
        raise RunStateError(f"{where}: no row has a label; fill in the column label")
    _refuse_unknown_words(labelled, taxonomy)
    known = texts.select(["text_id", "masked_text", "language_code", "written_at"]).to_pylist()
    by_id = {row["text_id"]: row for row in known}
    found: dict[str, str] = {}
    for one in labelled:
        if one.text_id not in by_id:
            raise RunStateError(
                f"{one.place}: no text {one.text_id!r} in text.masked_texts of the last run"
                f"{nearest(one.text_id, list(by_id)[:COMPARED_AT_MOST])}"
            )
        intent = taxonomy.labels[one.word]
        if found.setdefault(one.text_id, intent) != intent:
            raise RunStateError(
                f"{one.place}: {one.text_id} is {intent!r} here and {found[one.text_id]!r} above; "
                "keep one of the two"
            )
    rows = [by_id[name] for name in found]
    read = [row for row in rows if row["language_code"] in READ_LANGUAGES]
    read.sort(key=lambda row: (str(row["written_at"] or ""), row["text_id"]))
    return OwnLabels(
        text_ids=[row["text_id"] for row in read],
        texts=[row["masked_text"] for row in read],
        labels=[found[row["text_id"]] for row in read],
        moments=[row["written_at"] for row in read],
        n_blank=sum(not one.word for one in given),
        n_unread=len(rows) - len(read),
    )


def _refuse_unknown_words(given: Sequence[Given], taxonomy: Taxonomy) -> None:
    unknown = [one for one in given if one.word not in taxonomy.labels]
    if unknown:
        word, place = unknown[0].word, unknown[0].place
        n = sum(one.word == word for one in unknown)
        raise RunStateError(
            f"{place}: no intent {word!r} ({n} rows){nearest(word, taxonomy.labels)} "
            f"Known are {listed(taxonomy.labels)}. Declare your own below texts.intents of the "
            "profile, or say below texts.labels which intent the word stands for"
        )
