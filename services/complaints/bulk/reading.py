"""Files as people make them: CSV of every spreadsheet's habits, JSON Lines; UTF-8 with and without mark, UTF-16, GBK.

A row that cannot be read hurts no other: quotation marks that are not closed cost the line that opened them.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Literal

import orjson

from services.complaints.bulk.rows import ALIASES, REQUIRED, BadRow, ComplaintRow, RowProblem, from_cells, from_object
from shared.kernel.decider import Refusal

Format = Literal["csv", "jsonl"]
Line = ComplaintRow | BadRow

_LINE_BREAK = re.compile(r"\r\n|\n|\r")
_DELIMITERS = ",;\t"
_MOST_OF_A_ROW = 16_384  # characters [ours]: a text of evidence and everything else
_MOST_LINES_OF_A_ROW = 200  # [ours]: a text of evidence may have line breaks
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def decoded(content: bytes) -> str:
    """The text of the file. Raises Refusal where it is neither UTF-8 nor UTF-16 nor GBK (GB 18030)."""
    marked = next((encoding for mark, encoding in _MARKS.items() if content.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal("encoding-unknown", "The file is neither UTF-8 nor GBK.", "Save it as UTF-8.")


def format_of(filename: str, text: str) -> Format:
    """By the file's name, else by how it begins."""
    ending = filename.rpartition(".")[2].lower()
    if ending in ("jsonl", "ndjson", "json"):
        return "jsonl"
    if ending in ("csv", "tsv", "txt"):
        return "csv"
    return "jsonl" if text.lstrip()[:1] == "{" else "csv"


def read(text: str, kind: Format) -> Iterator[Line]:
    """The rows in order. Raises Refusal at the first step, never later."""
    lines = _LINE_BREAK.split(text)
    if kind == "jsonl":
        return _json_lines(lines)
    start = next((number for number, line in enumerate(lines) if line.strip()), None)
    if start is None:
        raise Refusal("file-empty", "The file has no rows.", "Send a header and at least one row.")
    delimiter = max(_DELIMITERS, key=lines[start].count)
    columns = _columns(lines[start], delimiter)
    return _csv_rows(lines, start + 1, delimiter, columns)


def _columns(header: str, delimiter: str) -> Sequence[str]:
    names = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter))]
    columns = [ALIASES.get(name, "") for name in names]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        detail = f"The header lacks {', '.join(missing)}."
        raise Refusal("columns-missing", detail, "Name the columns in the first line, as the model file does.")
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise Refusal("columns-repeated", f"The header names {', '.join(twice)} twice.", "Name each column once.")
    return columns


def _csv_rows(lines: Sequence[str], start: int, delimiter: str, columns: Sequence[str]) -> Iterator[Line]:
    at = start
    while at < len(lines):
        first, text = at + 1, lines[at]
        at += 1
        if not text.strip(f" {delimiter}"):
            continue
        end = at
        while text.count('"') % 2 and end < len(lines) and end - at < _MOST_LINES_OF_A_ROW:
            text = f"{text}\n{lines[end]}"
            end += 1
        if text.count('"') % 2:
            yield BadRow(first, (RowProblem("quotes-not-closed"),))
            continue
        at = end
        yield _csv_row(first, text, delimiter, columns)


def _csv_row(line: int, text: str, delimiter: str, columns: Sequence[str]) -> Line:
    if len(text) > _MOST_OF_A_ROW:
        return BadRow(line, (RowProblem("row-too-long"),))
    # One record, given line by line: a line break inside quotation marks belongs to its cell.
    cells = next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
    return from_cells(line, columns, cells)


def _json_lines(lines: Sequence[str]) -> Iterator[Line]:
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        if len(text) > _MOST_OF_A_ROW:
            yield BadRow(number, (RowProblem("row-too-long"),))
            continue
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:
            yield BadRow(number, (RowProblem("row-not-json"),))
            continue
        yield from_object(number, found)
