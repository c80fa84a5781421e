"""Reads the declaration of topics and works out each topic's name, partitions and settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

DECLARATION = Path(__file__).parent.parent / "topics.yaml"
_CHANGELOG = "changelog"
_DEAD_LETTERS = "dead-letters"

Partitions = Annotated[int, Field(ge=1)]
Settings = Mapping[str, str]


@dataclass(frozen=True)
class DeclaredTopic:
    """One topic as it should be. `settings` are Kafka's topic settings in the broker's own spelling."""

    name: str
    partitions: int
    settings: Settings


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Topic(_Strict):
    name: str
    kind: str
    partitions: Partitions
    for_each: Literal["platforms"] | None = None
    settings: dict[str, str | int | float] = {}


class _Processor(_Strict):
    name: str
    partitions: Partitions
    version: int = 1
    tables: tuple[str, ...] = ("state",)

    @property
    def app_id(self) -> str:
        return f"{self.name}-v{self.version}"


class _Declaration(_Strict):
    platforms: tuple[str, ...]
    kinds: dict[str, dict[str, str | int | float]]
    topics: tuple[_Topic, ...]
    reaction_groups: tuple[str, ...]
    processors: tuple[_Processor, ...]

    @model_validator(mode="after")
    def _kinds_are_known(self) -> "_Declaration":
        used = {topic.kind for topic in self.topics} | {_CHANGELOG, _DEAD_LETTERS}
        if unknown := used - set(self.kinds):
            raise ValueError(f"no such kind of topic: {', '.join(sorted(unknown))}")
        return self


def declared() -> tuple[DeclaredTopic, ...]:
    """The platform's topics, from `deploy/topics.yaml`."""
    return read(DECLARATION.read_text())


def processor_versions(text: str | None = None) -> dict[str, int]:
    """Of each stream processor the version in use: of two that are declared while one takes over, the newer."""
    declaration = _Declaration.model_validate(yaml.safe_load(text or DECLARATION.read_text()))
    ordered = sorted(declaration.processors, key=lambda processor: processor.version)
    return {processor.name: processor.version for processor in ordered}


def read(text: str) -> tuple[DeclaredTopic, ...]:
    """All topics of a declaration, sorted by name. Raises ValueError where it is not one."""
    declaration = _Declaration.model_validate(yaml.safe_load(text))
    topics = sorted(_expand(declaration), key=lambda topic: topic.name)
    names = [topic.name for topic in topics]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"declared twice: {', '.join(twice)}")
    return tuple(topics)


def _expand(declaration: _Declaration) -> Iterator[DeclaredTopic]:
    kinds = {kind: _spelled(settings) for kind, settings in declaration.kinds.items()}
    for topic in declaration.topics:
        settings = {**kinds[topic.kind], **_spelled(topic.settings)}
        for name in _names(topic, declaration.platforms):
            yield DeclaredTopic(name, topic.partitions, settings)
    for processor in declaration.processors:
        for table in processor.tables:
            name = f"{processor.app_id}-{table}-changelog"
            yield DeclaredTopic(name, processor.partitions, kinds[_CHANGELOG])
    groups = [*declaration.reaction_groups, *(processor.app_id for processor in declaration.processors)]
    for group in groups:
        yield DeclaredTopic(f"{group}.dlq.v1", 1, kinds[_DEAD_LETTERS])


def _names(topic: _Topic, platforms: tuple[str, ...]) -> list[str]:
    if topic.for_each is None:
        return [topic.name]
    return [topic.name.format(platform=platform) for platform in platforms]


def _spelled(settings: Mapping[str, str | int | float]) -> dict[str, str]:
    """As the broker shows them: everything is text."""
    return {name: str(value) for name, value in settings.items()}
