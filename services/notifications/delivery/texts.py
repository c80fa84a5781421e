"""Letters in Chinese and English from templates: words for codes, days and times in the zone of the platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_percent
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from services.notifications.notices.model import Language

_LOCALES: Mapping[Language, str] = {"en": "en_GB", "zh": "zh_Hans_CN"}
_COLUMN: Mapping[Language, int] = {"en": 0, "zh": 1}


@dataclass(frozen=True)
class Letter:
    """What a reader gets: the same words as plain text and as HTML."""

    subject: str
    text: str
    html: str


class Words:
    """What codes and figures are called in one language. A code without a word is shown as it is."""

    def __init__(self, language: Language, words: Mapping[str, Mapping[str, list[str]]]) -> None:
        self.language = language
        self._words = words
        self._locale = _LOCALES[language]

    def of(self, kind: str, code: str) -> str:
        names = self._words.get(kind, {}).get(code)
        return names[_COLUMN[self.language]] if names else code

    def of_each(self, kind: str, codes: str) -> list[str]:
        """Codes joined by commas, as the facts of a notice keep them."""
        return [self.of(kind, code) for code in codes.split(",") if code]

    def day(self, day: date) -> str:
        return str(format_date(day, "long", locale=self._locale))

    def day_of(self, instant: datetime, zone: str) -> str:
        """The day of an instant where the marketplace is."""
        return self.day(instant.astimezone(ZoneInfo(zone)).date())

    def moment(self, instant: datetime, zone: str) -> str:
        """Day, time and zone."""
        local = instant.astimezone(ZoneInfo(zone))
        return f"{self.day(local.date())} {local:%H:%M} ({zone})"

    def business_days(self, number: int) -> str:
        if self.language == "zh":
            return f"{number}个工作日"
        return f"{number} business day{'' if number == 1 else 's'}"

    def share(self, figure: str) -> str:
        """A share between 0 and 1 as a percentage; a rate over nothing has none."""
        return str(format_percent(float(figure), "0.0 %", locale=self._locale)) if figure else "–"

    def place(self, code: str) -> str:
        """The name of a country or region (ISO 3166 alpha-2)."""
        return str(Locale.parse(self._locale).territories.get(code, code))


class Texts:
    """The templates, read once. `<language>/<party>/<template>.txt` has a subject and a body; a name that a template
    asks for and does not get is an error, never a gap in a letter."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("services.notifications.delivery", "texts"),
            autoescape=select_autoescape(enabled_extensions=("html",), default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        source = files("services.notifications.delivery") / "texts" / "words.yaml"
        words = yaml.safe_load(source.read_text(encoding="utf-8"))
        self._words: Mapping[Language, Words] = {"en": Words("en", words), "zh": Words("zh", words)}

    def words(self, language: Language) -> Words:
        return self._words[language]

    def write(self, language: Language, party: str, template: str, context: Mapping[str, Any]) -> Letter:
        written = self._templates.get_template(f"{language}/{party}/{template}.txt").render(context)
        subject, _, body = written.strip().partition("\n")
        text = _tidy(body)
        paragraphs = [paragraph.split("\n") for paragraph in text.strip().split("\n\n")]
        layout = self._templates.get_template("letter.html")
        return Letter(
            subject,
            text,
            layout.render(subject=subject, paragraphs=paragraphs, links=_links(context), language=language),
        )


def _links(context: Mapping[str, Any]) -> list[str]:
    """What stands alone in a line of the text and can be opened."""
    return [context[name] for name in ("link", "certificates_link") if name in context]


def _tidy(text: str) -> str:
    """At most one empty line between paragraphs, none at the ends."""
    paragraphs: list[list[str]] = [[]]
    for line in text.strip().splitlines():
        if line.strip():
            paragraphs[-1].append(line.rstrip())
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines) + "\n"
