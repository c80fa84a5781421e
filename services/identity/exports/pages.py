"""The pages of an archive: read without a network, in the account's language, with nothing in them that runs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from services.identity.accounts.model import Language
from services.identity.exports.archive import Listed, PackedRows

LONGEST_IN_INDEX = 1000
"""Rows; a longer table has a page of its own."""

_AT_ONCE = 65_536
_COLUMN: Mapping[Language, int] = {"en": 0, "zh": 1}
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:\+00:00|Z)")
_TIMES = ("at", "since")
_BETWEEN = Markup("</td><td>")
_ORDER = ("identity", "ipr", "complaints", "notifications", "scoring")


@dataclass(frozen=True)
class Telling:
    """What the pages say of the export itself."""

    export_id: str
    account_id: str
    language: Language
    at: datetime


@dataclass(frozen=True)
class Shown:
    """A table that people read."""

    service: str
    table: str
    rows: PackedRows

    @property
    def has_own_page(self) -> bool:
        return self.rows.count > LONGEST_IN_INDEX

    @property
    def page(self) -> str:
        return f"{self.service}/{self.table}.html"


class Pages:
    def __init__(self) -> None:
        folder = files(__package__) / "texts"
        self._words = yaml.safe_load((folder / "words.yaml").read_text(encoding="utf-8"))
        self._templates = Environment(
            loader=PackageLoader(__package__, "texts"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def notice(self, language: Language) -> str:
        """003 六.6; the Chinese text prevails."""
        return self._of("page", "notice", language)

    def left_out(self, language: Language) -> list[str]:
        column = _COLUMN[language]
        return [texts[column] for texts in self._words["left_out"]]

    def index(self, telling: Telling, shown: Sequence[Shown], listed: Sequence[Listed]) -> Iterator[bytes]:
        in_order = sorted(shown, key=lambda each: _ORDER.index(each.service) if each.service in _ORDER else len(_ORDER))
        return self._made("index.html", telling, shown=in_order, listed=list(listed))

    def table(self, telling: Telling, shown: Shown) -> Iterator[bytes]:
        return self._made("page.html", telling, each=shown)

    def _made(self, template: str, telling: Telling, **more: Any) -> Iterator[bytes]:
        language = telling.language

        def cell(column: str, value: Any) -> str:
            return self._cell(column, value, language)

        def cells(columns: Sequence[str], row: Mapping[str, Any]) -> Markup:
            """One call a row: a template that asks for every cell takes four times as long. Joining escapes each."""
            return _BETWEEN.join([self._cell(column, row.get(column), language) for column in columns])

        def words(kind: str, code: str) -> str:
            return self._of(kind, code, language)

        pieces = self._templates.get_template(template).generate(
            telling=telling, words=words, cell=cell, cells=cells, left_out=self.left_out(language), **more
        )
        buffer, size = [], 0
        for piece in pieces:
            buffer.append(piece)
            size += len(piece)
            if size >= _AT_ONCE:
                yield "".join(buffer).encode()
                buffer, size = [], 0
        yield "".join(buffer).encode()

    def _cell(self, column: str, value: Any, language: Language) -> str:
        match value:
            case None | "":
                return "–"
            case bool():
                return self._of("page", "yes" if value else "no", language)
            case str() if column.endswith(_TIMES):
                instant = _INSTANT.fullmatch(value)
                return f"{instant[1]} {instant[2]} UTC" if instant else value
            case str():
                return self._of(column, value, language) if column in self._words else value
            case float():
                return f"{value:.4g}"
            case _:
                return str(value)

    def _of(self, kind: str, code: str, language: Language) -> str:
        """A code without a word is shown as it is."""
        names = self._words.get(kind, {}).get(code)
        return str(names[_COLUMN[language]]) if names else code
