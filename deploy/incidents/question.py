"""What is asked in an incident, and the answer, as it also lies in a file between `query` and `open`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError


class NotAnAnswer(ValueError):
    """The file is not what `ipp incident query` writes."""


def in_utc(moment: datetime) -> datetime:
    """Without a zone it is UTC."""
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


_Instant = Annotated[datetime, AfterValidator(in_utc)]


class Question(BaseModel):
    """actor: who received data, or for whom somebody else fetched them; service: whose log is asked, empty: all;
    account: whose data; store: the service whose store was copied, in place of the logs. until is exclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actor: str = ""
    service: str = ""
    account: str = ""
    store: str = ""
    since: _Instant
    until: _Instant


class Kind(BaseModel):
    """Data of one kind of one person: how many disclosures or sealed texts, the first and the last; no times where the
    texts lay sealed in a store."""

    model_config = ConfigDict(extra="forbid")

    what: str
    records: int
    first: _Instant | None = None
    last: _Instant | None = None


class Person(BaseModel):
    """subject: an account, or another data subject: staff, a merchant."""

    model_config = ConfigDict(extra="forbid")

    subject: str
    kinds: list[Kind]

    @property
    def is_account(self) -> bool:
        return self.subject.startswith("acc-")

    @property
    def records(self) -> int:
        return sum(kind.records for kind in self.kinds)


class Answer(BaseModel):
    """The persons with the most first. notes: what the figures do not say by themselves."""

    model_config = ConfigDict(extra="forbid")

    question: Question
    persons: list[Person]
    records_by_service: dict[str, int]
    notes: list[str] = []
    seconds: float = 0.0

    @property
    def records(self) -> int:
        return sum(person.records for person in self.persons)

    @property
    def accounts(self) -> Sequence[Person]:
        return [person for person in self.persons if person.is_account]

    @property
    def persons_by_kind(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for person in self.persons:
            for kind in person.kinds:
                found[kind.what] = found.get(kind.what, 0) + 1
        return dict(sorted(found.items()))


def read_answer(path: Path) -> Answer:
    """Raises NotAnAnswer, or OSError where the file cannot be read."""
    try:
        return Answer.model_validate_json(path.read_bytes())
    except ValidationError as problem:
        raise NotAnAnswer(
            f"{path} is no answer of `ipp incident query`: {problem.error_count()} things are wrong"
        ) from None


@dataclass
class _Tally:
    records: int
    first: datetime | None
    last: datetime | None


@dataclass
class Counting:
    """Adds up touches; of each person and kind a line is kept, however many touches there are."""

    _by_subject: dict[str, dict[str, _Tally]] = field(default_factory=dict)
    records: int = 0

    def add(self, subject: str, what: str, at: datetime | None) -> None:
        self.records += 1
        kinds = self._by_subject.get(subject)
        if kinds is None:
            kinds = self._by_subject[subject] = {}
        tally = kinds.get(what)
        if tally is None:
            kinds[what] = _Tally(1, at, at)
            return
        tally.records += 1
        if at is not None and tally.first is not None and tally.last is not None:
            if at < tally.first:
                tally.first = at
            elif at > tally.last:
                tally.last = at

    def persons(self) -> list[Person]:
        found = [
            Person(
                subject=subject,
                kinds=[
                    Kind(what=what, records=tally.records, first=tally.first, last=tally.last)
                    for what, tally in sorted(kinds.items())
                ],
            )
            for subject, kinds in self._by_subject.items()
        ]
        return sorted(found, key=lambda person: (-person.records, person.subject))


def pages(persons: Sequence[Person], size: int) -> Iterable[Sequence[Person]]:
    for start in range(0, len(persons), size):
        yield persons[start : start + size]
