"""A small aggregate for the tests of the kit itself: a jar with a label, from which coins are put in and taken out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from shared.contracts.envelope import EventData
from shared.contracts.topic import Topic
from shared.eventstore import AggregateType, Cause, Publication
from shared.kernel.decider import Refusal
from shared.mongo import IndexSpec

NOW = datetime.fromisoformat("2026-03-02T02:00:00Z")
CAUSE = Cause(actor="tester", correlation_id="corr-1", causation_id="cmd-1")
ONE_LABEL = "one_label"


@dataclass(frozen=True)
class Made:
    label: str | None = None


@dataclass(frozen=True)
class CoinsPut:
    coins: int


@dataclass(frozen=True)
class Looked:
    """Published nowhere."""

    note: str = ""


JarChange = Made | CoinsPut | Looked


@dataclass(frozen=True)
class Jar:
    label: str | None = None
    coins: int = 0


class JarMade(EventData):
    type: ClassVar[str] = "ipp.test.jar-made"

    label: str = ""


class JarFilled(EventData):
    type: ClassVar[str] = "ipp.test.jar-filled"

    coins: int


JARS = Topic("test.jars.v1", "jar id", ("test",), ("test",), (JarMade, JarFilled), (JarMade(), JarFilled(coins=1)))


def evolve(state: Jar | None, event: JarChange) -> Jar:
    match event:
        case Made(label):
            return Jar(label)
        case CoinsPut(coins):
            return replace(state or Jar(), coins=(state or Jar()).coins + coins)
        case Looked():
            return state or Jar()


def jar_type(topic: str = JARS.name, copies: str = "test.copies.v1") -> AggregateType[Jar, JarChange]:
    """Fillings of ten coins and more are told on a second topic too."""

    def publish(state: Jar, event: JarChange, number: int) -> Iterable[Publication]:
        key = "jar"
        match event:
            case Made(label):
                yield Publication(topic, key, JarMade(label=label or ""))
            case CoinsPut(coins):
                yield Publication(topic, key, JarFilled(coins=coins))
                if coins >= 10:
                    yield Publication(copies, key, JarFilled(coins=coins))

    return AggregateType(
        kind="jar",
        collection="jars",
        state=Jar,
        events=(Made, CoinsPut, Looked),
        evolve=evolve,
        publish=publish,
        index=lambda jar: {"label": jar.label} if jar.label else {},
        indexes=(IndexSpec(ONE_LABEL, (("ix.label", 1),), unique=True, partial={"ix.label": {"$exists": True}}),),
    )


def make(label: str | None = None) -> Callable[[Jar | None], Sequence[JarChange]]:
    def decide(jar: Jar | None) -> Sequence[JarChange]:
        if jar is not None:
            raise Refusal("jar-exists", "There is such a jar.")
        return (Made(label),)

    return decide


def put(*coins: int) -> Callable[[Jar | None], Sequence[JarChange]]:
    """Makes the jar where there is none."""

    def decide(jar: Jar | None) -> Sequence[JarChange]:
        return (*(() if jar else (Made(),)), *(CoinsPut(n) for n in coins))

    return decide
