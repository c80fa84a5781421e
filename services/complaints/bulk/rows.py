"""Rows of a file as complaints: what a row may say, and what is wrong with one (pure)."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from services.complaints.intake.checks import Where

REQUIRED = ("platform", "complaint_type", "right_id", "reason", "url")
OPTIONAL = ("where", "evidence", "files", "statements", "reference")
COLUMNS = (*REQUIRED, *OPTIONAL)
LISTS = frozenset({"where", "files", "statements"})
_MOST = {"url": 2_000, "evidence": 10_000}
_MOST_OF_A_CODE = 100
_MOST_IN_A_LIST = 20
_PLACES = frozenset(get_args(Where))
_SEPARATOR = re.compile(r"[\s|,;、，；]+")

# What columns are called in files that people make: the names of the API, and the handbook's Chinese ones.
ALIASES: Mapping[str, str] = {
    **{name: name for name in COLUMNS},
    "平台": "platform",
    "投诉类型": "complaint_type",
    "权利编号": "right_id",
    "投诉理由": "reason",
    "商品链接": "url",
    "链接": "url",
    "侵权位置": "where",
    "侵权说明": "evidence",
    "证据文件": "files",
    "声明": "statements",
    "备注": "reference",
}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """`column`: where it is, empty for the row as a whole."""

    code: str
    column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintRow:
    """line: of the file, where the row begins, from 1; reference: the filer's own, repeated in the report."""

    line: int
    platform: str
    complaint_type: str
    right_id: str
    reason: str
    url: str
    where: tuple[str, ...] = ()
    evidence: str = ""
    files: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    reference: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    line: int
    problems: tuple[RowProblem, ...]


ROW_TEXTS: dict[str, tuple[str, str]] = {
    "cell-missing": ("A column that every row needs is empty.", "Fill it in."),
    "cell-too-long": ("The cell is longer than is taken.", "Shorten it."),
    "control-character": ("The cell holds a character that cannot be seen.", "Leave it out."),
    "where-unknown": (
        "The place of the infringement is no known one.",
        "Use title, image, description, keyword or goods.",
    ),
    "too-many-values": ("The cell lists more than 20 values.", "List fewer."),
    "too-many-cells": ("The row has more cells than the header.", "Quote cells that hold the separator."),
    "quotes-not-closed": ("A quotation mark is opened and not closed.", "Close it, or double those inside."),
    "row-too-long": ("The row is longer than is taken.", "Shorten it."),
    "row-not-json": ("The line is no JSON object.", "Send one JSON object a line."),
    "field-unknown": ("The row has a field that is not known.", "Use the columns of the model file."),
    "field-not-text": ("The field has another type than it should.", "Send a text, or a list of texts."),
    "removed": ("The row was removed before it was filed.", "Send it again, if you still want to."),
    "right-not-known": ("This right is not known here.", "Check its id; a new right is known within seconds."),
    "account-not-known": ("The account is not known here yet.", "Send the file again in some seconds."),
}
"""Code → what is wrong with a row before it is looked at as a complaint, and what would mend it."""


def from_cells(line: int, columns: Sequence[str], cells: Sequence[str]) -> ComplaintRow | BadRow:
    """A row of a CSV; `columns` are ours, "" for those that nobody reads."""
    if any(cell.strip() for cell in cells[len(columns) :]):
        return BadRow(line, (RowProblem("too-many-cells"),))
    values = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if column}
    return _row(line, {name: _split(value) if name in LISTS else value for name, value in values.items()})


def from_object(line: int, found: Any) -> ComplaintRow | BadRow:
    """A line of a JSON Lines file."""
    if not isinstance(found, dict):
        return BadRow(line, (RowProblem("row-not-json"),))
    problems = [RowProblem("field-unknown", str(name)[:40]) for name in found if name not in COLUMNS]
    values: dict[str, Any] = {}
    for name in COLUMNS:
        value = found.get(name)
        if value is None:
            continue
        if name in LISTS and isinstance(value, list) and all(isinstance(each, str) for each in value):
            values[name] = tuple(each.strip() for each in value)
        elif isinstance(value, str):
            values[name] = _split(value) if name in LISTS else value.strip()
        else:
            problems.append(RowProblem("field-not-text", name))
    return BadRow(line, tuple(problems)) if problems else _row(line, values)


def _split(text: str) -> tuple[str, ...]:
    return tuple(each for each in _SEPARATOR.split(text) if each)


def _row(line: int, values: Mapping[str, Any]) -> ComplaintRow | BadRow:
    problems = [RowProblem("cell-missing", name) for name in REQUIRED if not values.get(name)]
    for name, value in values.items():
        problems += _problems_of(name, value)
    return BadRow(line, tuple(problems)) if problems else ComplaintRow(line=line, **values)


def _problems_of(name: str, value: str | tuple[str, ...]) -> list[RowProblem]:
    texts = value if isinstance(value, tuple) else (value,)
    found = []
    if len(texts) > _MOST_IN_A_LIST:
        found.append(RowProblem("too-many-values", name))
    if any(len(text) > _MOST.get(name, _MOST_OF_A_CODE) for text in texts):
        found.append(RowProblem("cell-too-long", name))
    if any(_unseen(text, name) for text in texts):
        found.append(RowProblem("control-character", name))
    if name == "where" and not _PLACES.issuperset(texts):
        found.append(RowProblem("where-unknown", name))
    return found


def _unseen(text: str, name: str) -> bool:
    """Line breaks are at home in an account of what is wrong, and nowhere else."""
    allowed = "\n\r\t" if name == "evidence" else ""
    return not text.isprintable() and any(
        unicodedata.category(character) == "Cc" and character not in allowed for character in text
    )
