"""What looks like personal data, whoever's it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from stdnum.cn import ric

# The parts' least lengths keep out what chance makes in sealed bytes.
_EMAIL = re.compile(rb"[\w.+-]{2,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,12}(?![\w@])")
_RESIDENT = re.compile(rb"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
_PHONE = re.compile(rb"(?<![0-9A-Za-z+/=])\+\d[\d ()-]{6,18}\d(?![0-9A-Za-z])")


@dataclass(frozen=True)
class Shape:
    """what: which kind of thing it looks like; text: all of it, which no report may show."""

    what: str
    text: str

    @property
    def veiled(self) -> str:
        """Enough of it to find its place in the code."""
        return f"{self.text[:2]}…{self.text[-8:]}" if "@" in self.text else f"{self.text[:4]}…"


def shapes(content: bytes) -> Iterator[Shape]:
    """E-mail addresses, identity numbers of mainland residents (GB 11643) and international phone numbers."""
    if b"@" in content:
        for found in _EMAIL.finditer(content):
            yield Shape("an e-mail address", found.group().decode(errors="replace"))
    for found in _RESIDENT.finditer(content):
        if ric.is_valid(found.group().decode()):
            yield Shape("a resident's identity number", found.group().decode())
    if b"+" in content:
        for found in _PHONE.finditer(content):
            if _is_phone(found.group().decode()):
                yield Shape("a phone number", found.group().decode())


def _is_phone(text: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        return False
