"""Faults of connections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar, Literal

from tests.chaos.fire.faults.fault import Field
from tests.chaos.fire.links import Link

Way = Literal["kafka", "store", "front", "inside"]


@dataclass(frozen=True)
class LinkName:
    """`way`: of a service to the broker or the store, of callers to it (front), of notifications to identity."""

    way: Way
    service: str

    @property
    def text(self) -> str:
        return f"{self.way} {self.service}"

    def of(self, field: Field) -> Link:
        links = field.stage.links
        if self.way == "inside":
            return links.inside
        return {"kafka": links.kafka, "store": links.store, "front": links.front}[self.way][self.service]


@dataclass(frozen=True)
class CutLink:
    """Connections are reset and refused."""

    kind: ClassVar[str] = "cut"
    link: LinkName
    lasts: float = 6.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({self.link.text})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        link = self.link.of(field)
        link.cut()
        try:
            yield link.name
        finally:
            link.heal()


@dataclass(frozen=True)
class SlowLink:
    """Everything comes late, in both directions: on the way to the broker, records are delayed."""

    kind: ClassVar[str] = "slow"
    link: LinkName
    delay: float = 0.3
    lasts: float = 10.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({self.link.text})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        link = self.link.of(field)
        link.slow(self.delay)
        try:
            yield f"{link.name} by {self.delay:g} s"
        finally:
            link.heal()


@dataclass(frozen=True)
class HalfOpenLink:
    """Nothing passes and nobody is told; what was connected then stays dead."""

    kind: ClassVar[str] = "half-open"
    link: LinkName
    lasts: float = 10.0

    @property
    def targets(self) -> frozenset[str]:
        return frozenset({self.link.text})

    @asynccontextmanager
    async def on(self, field: Field) -> AsyncIterator[str]:
        link = self.link.of(field)
        link.fall_silent()
        try:
            yield link.name
        finally:
            link.heal()
