# ruff: noqa: E501 (a case is easier to compare on one line)
"""The corpus of bad inputs: each case is a file, how it is declared, and what must become of it.

Names begin with the number of the case in the list of faults that Guanxi has to survive. The clean
file is twenty rows of four columns; a case spoils it in one way.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = ("id", "name", "qty", "price")
N_ROWS = 20
ROWS = [(str(n), f"name {n}", str(n % 5), f"{n}.50") for n in range(1, N_ROWS + 1)]
HEADER = "id,name,qty,price\n"
MEBI = 1 << 20


def line(row: tuple[str, ...], delimiter: str = ",") -> str:
    """Return one row as a line."""
    return delimiter.join(row) + "\n"


def text(delimiter: str = ",", rows: list[tuple[str, ...]] | None = None) -> str:
    """Return the clean file, or other rows, in plain CSV."""
    lines = [line(row, delimiter) for row in rows or ROWS]
    return HEADER.replace(",", delimiter) + "".join(lines)


CLEAN = text().encode()


def with_row(number: int, raw: bytes) -> bytes:
    """Return the clean file with one record replaced by these bytes."""
    lines = CLEAN.splitlines(keepends=True)
    lines[number] = raw
    return b"".join(lines)


@dataclass(frozen=True)
class Case:
    """One bad file.

    Parameters
    ----------
    content : bytes
        What the file holds.
    table : dict
        How the profile declares it, beside the columns.
    refused : str
        Reason code with which the whole file is refused; empty if it lands.
    reasons : dict
        Reason code to number of records set aside.
    mended : dict
        Declaration, or dialect of a replay, under which nothing is lost any more and what lands
        equals the clean rows.
    """

    name: str
    content: bytes
    table: dict[str, Any] = field(default_factory=dict)
    refused: str = ""
    reasons: dict[str, int] = field(default_factory=dict)
    loaded: int = N_ROWS
    blank: int = 0
    mended: dict[str, Any] = field(default_factory=dict)
    file_name: str = "x.csv"
    columns: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(COLUMNS, "plain"))

    def declared(self, **more: Any) -> dict[str, Any]:
        """Return the table as a profile declares it."""
        return {
            "name": "things",
            "files": "*",
            "format": "csv",
            "columns": self.columns,
            "feeds": [],
            **self.table,
            **more,
        }


def refused(name: str, content: bytes, code: str, **more: Any) -> Case:
    return Case(name, content, refused=code, **more)


def one_bad(name: str, number: int, raw: bytes, code: str, **more: Any) -> Case:
    return Case(name, with_row(number, raw), reasons={code: 1}, loaded=N_ROWS - 1, **more)


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def zipped(**members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


def escaping_zip(name: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(name, CLEAN)
    return sink.getvalue()


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def workbook(rows: list[tuple[object, ...]], sheets: int = 1) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for _ in range(sheets - 1):
        book.create_sheet()
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def records() -> list[dict[str, str]]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]


def json_lines() -> list[bytes]:
    return [json.dumps(record).encode() + b"\n" for record in records()]


def json_with(number: int, raw: bytes) -> bytes:
    lines = json_lines()
    lines[number - 1] = raw
    return b"".join(lines)


CLEAN_TABLE = pa.Table.from_pylist(records())
CLEAN_PARQUET = parquet(CLEAN_TABLE)
JSONL = {"format": "jsonl"}
JSON = {"format": "json"}
PARQUET = {"format": "parquet"}
EXCEL = {"format": "xlsx"}
GZIP = {"compression": "gzip"}
ZIP = {"compression": "zip"}
SEMICOLON = {"delimiter": ";"}
GBK_ROW = "5,李雷,1,5.50\n".encode("gbk")
ODD_NAMES = ["🙂👨‍👩‍👧", "\u202eevil", "ze\u200bro", "é", "e\u0301", "раypal"]  # noqa: RUF001
PEOPLE = {"id": "plain", "v": {"identifying": "email"}}


def people(kind: str, *values: str) -> dict[str, Any]:
    """Return content and columns of a file with one identifying column."""
    rows = "".join(f'{n},"{value}"\n' for n, value in enumerate(values, 1))
    return {
        "content": f"id,v\n{rows}".encode(),
        "columns": {"id": "plain", "v": {"identifying": kind}},
        "loaded": len(values),
    }


DELIMITED = [
    Case("00-clean", CLEAN),
    refused("01-semicolon", text(";").encode(), "E_HEADER", mended=SEMICOLON),
    refused("02-tab", text("\t").encode(), "E_HEADER", mended={"delimiter": "\t"}),
    Case(
        "03-mixed-delimiter",
        (HEADER + "".join(line(r, ",;"[i % 2]) for i, r in enumerate(ROWS))).encode(),
        reasons={"E_FIELD_COUNT": 10},
        loaded=10,
        mended=SEMICOLON,
    ),
    refused(
        "03b-wrong-delimiter-behind-a-right-header",
        (HEADER + "".join(line(row, ";") for row in ROWS)).encode(),
        "E_DIALECT",
    ),
    one_bad("04-gbk-row", 5, GBK_ROW, "E_ENCODING", mended={"encoding": "gbk"}),
    refused(
        "04b-gbk-header",
        "编号,name,qty,price\n1,李雷,1,1.5\n".encode("gbk"),
        "E_ENCODING",
        columns=dict.fromkeys(("编号", "name", "qty", "price"), "plain"),
    ),
    Case(
        "04c-gbk-file-declared",
        (text().replace("name 3,", "李雷,")).encode("gbk"),
        table={"encoding": "gbk"},
    ),
    Case("04d-mac-roman", text().replace("name", "näme").replace("näme,qty", "name,qty").encode("mac_roman"),
         table={"encoding": "mac_roman"}),
    one_bad("05-bad-utf8", 7, b"7,na\xc3\x28me,1,7.50\n", "E_ENCODING"),
    one_bad("63-cesu-surrogates", 7, b"7,\xed\xa0\xbd\xed\xb8\x80,1,7.50\n", "E_ENCODING"),
    Case("06-utf8-mark", b"\xef\xbb\xbf" + CLEAN),
    refused("07-utf16-undeclared", CLEAN.decode().encode("utf-16"), "E_ENCODING",
            mended={"encoding": "utf-16"}),
    Case("07b-utf16-declared", CLEAN.decode().encode("utf-16"), table={"encoding": "utf-16"}),
    refused("07c-utf16-cut-off", CLEAN.decode().encode("utf-16")[:-1], "E_ENCODING",
            table={"encoding": "utf-16"}),
    one_bad("08-nul-in-a-field", 4, b"4,na\x00me,1,4.50\n", "E_CONTROL_CHAR"),
    one_bad("09-field-of-ten-megabytes", 4, b'4,"' + b"x" * (10 * MEBI) + b'",1,4.50\n',
            "E_RECORD_LENGTH"),
    one_bad("10-too-few-fields", 4, b"4,name 4\n", "E_FIELD_COUNT"),
    one_bad("11-too-many-fields", 4, b"4,name 4,1,4.50,x\n", "E_FIELD_COUNT"),
    refused("12-open-quote", with_row(4, b'4,"name 4,1,4.50\n'), "E_QUOTE"),
    refused("12b-open-quote-closed-later",
            with_row(4, b'4,"name 4,1,4.50\n').replace(b"13,name 13", b'13,"name 13"'), "E_QUOTE"),
    Case("13-quote-inside-a-field", with_row(4, b'4,5" pipe,1,4.50\n')),
    one_bad("14-text-after-a-quote", 4, b'4,"na"me,1,4.50\n', "E_QUOTE"),
    Case("15-newline-in-quotes", with_row(4, b'4,"na\nme",1,4.50\n')),
    Case("16-formulas", with_row(4, b"4,=cmd|' /C calc'!A0,1,4.50\n")),
    refused("17-header-twice", CLEAN.replace(b"qty", b"name", 1), "E_HEADER"),
    refused("18-header-twice-by-case", CLEAN.replace(b"qty", b"NAME", 1), "E_HEADER"),
    Case("19-columns-reordered",
         "".join(",".join((r[3], r[1], r[0], r[2])) + "\n" for r in [COLUMNS, *ROWS]).encode()),
    refused("20-column-missing", b"".join(row.rsplit(b",", 1)[0] + b"\n" for row in CLEAN.splitlines()),
            "E_HEADER"),
    refused("21-column-nobody-declared",
            b"".join(row + b",x\n" for row in CLEAN.splitlines()), "E_HEADER"),
    refused("22-no-header", CLEAN.partition(b"\n")[2], "E_HEADER", mended={"has_header": False}),
    refused("35-empty", b"", "E_EMPTY"),
    refused("36-header-only", HEADER.encode(), "E_EMPTY"),
    Case("37-no-final-newline", CLEAN[:-1]),
    Case("38-blank-lines", CLEAN.replace(b"name 4,", b"name 4,").replace(b"\n", b"\n\n", 3), blank=3),
    Case("44-cr-only", CLEAN.replace(b"\n", b"\r")),
    Case("45-mixed-line-ends", CLEAN.replace(b"\n", b"\r\n", 7).replace(b"9.50\n", b"9.50\r")),
    one_bad("46-last-row-cut-off", N_ROWS, b"20,na", "E_FIELD_COUNT"),
    Case("47-cut-off-inside-the-last-field", CLEAN[:-3]),
    refused("48-sql-in-the-header", CLEAN.replace(b"name", b'name"; drop table x--', 1), "E_HEADER"),
    Case("49-odd-names", text(rows=[(*row[:1], ODD_NAMES[i % 6], *row[2:])
                                    for i, row in enumerate(ROWS)]).encode()),
    refused("50-ten-thousand-columns", ",".join(f"c{n}" for n in range(10_000)).encode() + b"\n",
            "E_HEADER"),
    Case("53-type-change-far-down",
         text(rows=[*ROWS * 1_500, ("x", "y", "many", "?")]).encode(), loaded=30_001),
    Case("54-duplicate-rows", CLEAN + CLEAN.partition(b"\n")[2], loaded=2 * N_ROWS),
    refused("55-comment-above-the-header", b"# exported today\n" + CLEAN, "E_HEADER"),
    one_bad("56-total-below", N_ROWS, b"Total,210\n", "E_FIELD_COUNT"),
    one_bad("59-backslash-escapes", 4, b'4,"na\\"me, a",1,4.50\n', "E_QUOTE"),
    Case("59b-backslash-declared", with_row(4, b'4,"na\\"me, a",1,4.50\n'), table={"escape": "\\"}),
    Case("60-markup", with_row(4, b"4,<script>alert(1)</script>,1,4.50\n")),
    one_bad("64-terminal-codes", 4, b"4,\x1b[31mred,1,4.50\n", "E_CONTROL_CHAR"),
    refused("61-one-line-of-three-megabytes", b"x" * (3 * MEBI), "E_HEADER"),
    refused("61b-no-end-for-forty-megabytes", HEADER.encode() + b'1,"' + b"x" * (40 * MEBI), "E_QUOTE"),
    Case("65-other-quote", text(rows=[(r[0], f"'{r[1]}'", *r[2:]) for r in ROWS]).encode(),
         table={"quote": "'"}),
    Case("66-no-quotes", with_row(4, b'4,"name,1,4.50\n'), table={"quote": ""}),
]  # fmt: skip

DISGUISED = [
    refused("39-gzip-cut-off", packed(CLEAN)[:-12], "E_ARCHIVE", table=GZIP),
    refused("40-gzip-bit-flipped", flipped(packed(CLEAN * 50), 60), "E_ARCHIVE", table=GZIP),
    refused("40b-gzip-wrong-checksum", flipped(packed(CLEAN), len(packed(CLEAN)) - 6), "E_ARCHIVE",
            table=GZIP),
    Case("40c-gzip-whole", packed(CLEAN), table=GZIP),
    refused("40d-gzip-undeclared", packed(CLEAN), "E_TYPE", mended=GZIP),
    refused("40e-not-gzip", CLEAN, "E_ARCHIVE", table=GZIP),
    refused("41-excel-as-csv", workbook([COLUMNS, *ROWS]), "E_TYPE", mended=EXCEL),
    refused("42-web-page", b"<!DOCTYPE html><html><body>Sign in</body></html>\n", "E_TYPE"),
    refused("43-json-as-csv", json.dumps(records()).encode(), "E_TYPE", mended=JSON),
    refused("62-gzip-bomb", packed(HEADER.encode() + b"0" * (200 * MEBI)), "E_RATIO", table=GZIP),
    refused("62b-zip-bomb", zipped(x=b"0" * (50 * MEBI)), "E_RATIO", table=ZIP),
    refused("62c-zip-of-two", zipped(a=CLEAN, b=CLEAN), "E_ARCHIVE", table=ZIP),
    refused("62d-zip-that-leaves-the-folder", escaping_zip("../../etc/x.csv"), "E_ARCHIVE", table=ZIP),
    refused("62e-zip-bit-flipped", flipped(zipped(a=CLEAN * 50), 90), "E_ARCHIVE", table=ZIP),
    Case("62f-zip-whole", zipped(a=CLEAN), table=ZIP),
    refused("62g-old-excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "E_TYPE"),
    refused("62h-excel-cut-off", workbook([COLUMNS, *ROWS])[:-200], "E_TYPE", table=EXCEL),
    refused("62i-csv-as-excel", CLEAN, "E_TYPE", table=EXCEL),
    refused("62j-excel-of-two-sheets", workbook([COLUMNS, *ROWS], 2), "E_SHEET", table=EXCEL,
            mended={"sheet": "Sheet"}),
    Case("62k-excel-formula-without-value",
         workbook([COLUMNS, *ROWS[:-1], ("20", "=A1", "0", "20.50")]), table=EXCEL,
         reasons={"E_FORMULA": 1}, loaded=19),
    Case("62l-excel-ragged-and-blank", workbook([COLUMNS, *ROWS, (), ("21", "a", "1", "1", "x")]),
         table=EXCEL, reasons={"E_FIELD_COUNT": 1}, blank=1),
    refused("62m-deflated-noise", zlib.compress(CLEAN), "E_ENCODING"),
]  # fmt: skip

STRUCTURED = [
    Case("83-json-lines", b"".join(json_lines()), table=JSONL),
    Case("83b-deep-nesting", json_with(4, b'{"id": ' + b"[" * 10_000 + b"]" * 10_000 + b"}\n"),
         table=JSONL, reasons={"E_NESTING": 1}, loaded=19),
    Case("83c-key-twice", json_with(4, b'{"id": "4", "id": "5"}\n'), table=JSONL,
         reasons={"E_DUPLICATE_KEY": 1}, loaded=19),
    Case("83d-large-integers", json_with(4, b'{"id": 9007199254740993, "name": "n"}\n'), table=JSONL),
    Case("83e-trailing-comma", json_with(4, b'{"id": "4",}\n'), table=JSONL, reasons={"E_JSON": 1},
         loaded=19),
    refused("83f-array-with-trailing-comma",
            json.dumps(records()).encode().replace(b"}]", b"},]"), "E_JSON", table=JSON),
    refused("83g-array-cut-off", json.dumps(records()).encode()[:-20], "E_JSON", table=JSON),
    refused("83h-text-behind-the-array", json.dumps(records()).encode() + b"]", "E_JSON", table=JSON),
    Case("83i-array-with-a-bad-record",
         json.dumps(records()).encode().replace(b'{"id": "4",', b'{"id": NaN,'), table=JSON,
         reasons={"E_JSON": 1}, loaded=19),
    refused("83j-array-elsewhere", json.dumps({"data": records()}).encode(), "E_JSON", table=JSON,
            mended={"records": "data"}),
    refused("83k-one-object-as-lines", json.dumps(records(), indent=1).encode(), "E_DIALECT",
            table=JSONL, mended=JSON),
    refused("83l-empty-array", b"[]", "E_EMPTY", table=JSON),
    Case("83m-unknown-key", json_with(4, b'{"id": "4", "surprise": {"a": [1]}}\n'), table=JSONL),
    Case("83n-unknown-key-refused", json_with(4, b'{"id": "4", "surprise": 1}\n'),
         table={**JSONL, "unknown_keys": "refuse"}, reasons={"E_UNKNOWN_KEY": 1}, loaded=19),
    Case("83o-nul-by-escape", json_with(4, b'{"id": "4", "name": "a\\u0000b"}\n'), table=JSONL,
         reasons={"E_CONTROL_CHAR": 1}, loaded=19),
    Case("83p-lone-surrogate", json_with(4, b'{"id": "4", "name": "\\ud83d"}\n'), table=JSONL,
         reasons={"E_ENCODING": 1}, loaded=19),
    Case("84-document-database-export",
         json_with(4, b'{"_id": {"$oid": "64b0"}, "id": {"$numberLong": "4"}, "qty": 1.0}\n'),
         table=JSONL),
    Case("84b-mixed-types-and-missing-fields", json_with(4, b'{"id": 4, "name": null, "qty": [1]}\n'),
         table=JSONL),
    refused("87-parquet-wrong-magic", b"PAR2" + CLEAN_PARQUET[4:], "E_TYPE", table=PARQUET),
    refused("87b-parquet-footer-cut-off", CLEAN_PARQUET[:-10], "E_TYPE", table=PARQUET),
    refused("87c-parquet-other-columns", parquet(CLEAN_TABLE.rename_columns(["id", "n", "q", "p"])),
            "E_HEADER", table=PARQUET),
    refused("87d-parquet-nested-lists",
            parquet(CLEAN_TABLE.set_column(1, "name", pa.array([[["x"]]] * N_ROWS))), "E_TYPE",
            table=PARQUET),
    refused("87e-parquet-broken-page", flipped(CLEAN_PARQUET, 20), "E_TYPE", table=PARQUET),
    Case("87f-parquet-retyped", parquet(CLEAN_TABLE.set_column(0, "id", pa.array(range(N_ROWS)))),
         table=PARQUET),
    Case("87g-parquet-with-nul", parquet(CLEAN_TABLE.set_column(
        1, "name", pa.array(["a\0b", *["x"] * 19]))), table=PARQUET, reasons={"E_CONTROL_CHAR": 1},
        loaded=19),
    refused("88-login-page", b"\n <html><form action=login></form></html>", "E_TYPE"),
    refused("88b-charset-lie", '<meta charset="utf-8">价格'.encode("gbk"), "E_TYPE"),
    Case("71-emails", **people("email", "a" * 320 + "@x.org", "nobody", "a@b", "ü@münchen.de")),
    Case("72-phones", **people("phone", "+86 138 0013 8000", "0086-13800138000", "13800138000",
                              "010-6552 9988", "12")),
    Case("73-names", **people("name", "李", "x" * 300, "欧阳娜娜", "𠮷野家", "محمد")),
    Case("75-spellings-of-one-person", **people("name", "é", "e\u0301", "张伟", "張偉")),
    Case("76-texts", **people("text", "", "🙂", "好 good", "<b>x</b>",
                             "ignore all previous instructions")),
    Case("76b-text-of-a-megabyte", f'id,v\n1,"{"好" * 400_000}"\n2,x\n'.encode(),
         columns=people("text")["columns"], reasons={"E_RECORD_LENGTH": 1}, loaded=1),
    Case("77-ratings-are-text", text(rows=[("1", "0", "6", "4.5"), ("2", "五", "-1", "")]).encode(),
         loaded=2),
]  # fmt: skip

CASES = [*DELIMITED, *DISGUISED, *STRUCTURED]
