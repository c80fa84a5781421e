"""Records about jars as another service publishes them, and a reaction that writes down what it applied."""

from dataclasses import dataclass, field, replace

from shared.contracts.envelope import Envelope, EventData, encode
from shared.kernel.decider import Obsolete
from shared.reactions import Message, Source, Subscription
from shared.reactions.inbox import Record
from tests.support.jars import JARS, NOW, JarFilled, JarMade

GROUP = "test.counting"


def envelope(subject: str, sequence: int, data: EventData | None = None) -> Envelope:
    """By default a filling of as many coins as the sequence says."""
    data = data or JarFilled(coins=sequence)
    return Envelope(
        id=f"jar/{subject}/{sequence}",
        source="/test",
        type=data.type,
        subject=subject,
        time=NOW,
        dataschema=data.dataschema(),
        sequence=sequence,
        data=data.model_dump(mode="json"),
    )


def record(
    offset: int,
    subject: str,
    sequence: int,
    data: EventData | None = None,
    *,
    key: str | None = None,
    topic: str = JARS.name,
) -> Record:
    """The key is the subject where none is given."""
    headers, value = encode(envelope(subject, sequence, data))
    return Record(topic, 0, offset, (key or subject).encode(), headers, value)


def newer(offset: int, subject: str, sequence: int) -> Record:
    """The same event in a major version that this build does not know."""
    headers, value = encode(replace(envelope(subject, sequence), dataschema=f"/{JarFilled.type}/v2"))
    return Record(JARS.name, 0, offset, subject.encode(), headers, value)


def unreadable(offset: int, key: str = "a") -> Record:
    return Record(JARS.name, 0, offset, key.encode(), (), b"{no json")


@dataclass
class Counting:
    """`applied`: subject and sequence in the order in which they took effect. `raises`: what the handler raises for
    `subject/sequence`, in turn."""

    applied: list[tuple[str, int]] = field(default_factory=list)
    raises: dict[str, list[Exception]] = field(default_factory=dict)

    async def filled(self, message: Message[JarFilled]) -> None:
        about = message.envelope
        failures = self.raises.get(f"{about.subject}/{about.sequence}")
        if failures:
            raise failures.pop(0)
        self.applied.append((about.subject, about.sequence))

    def of(self, subject: str) -> list[int]:
        return [sequence for name, sequence in self.applied if name == subject]

    def subscription(self, *topics: str, group: str = GROUP) -> Subscription:
        sources = tuple(Source(JARS, name) for name in topics or (JARS.name,))
        return Subscription(group, sources, {JarFilled: self.filled})

    def idempotent(self) -> Subscription:
        return replace(self.subscription(), ordering="idempotent")


def obsolete() -> Obsolete:
    return Obsolete("overtaken", "It was overtaken.")


def of_another_type(offset: int, subject: str, sequence: int) -> Record:
    """A type of the topic that nobody asked for."""
    return record(offset, subject, sequence, JarMade(label="x"))
