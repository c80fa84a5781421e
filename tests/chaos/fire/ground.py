"""The stage on which things are broken: each service's roles may be processes of their own, and every connection that
matters leads through a link."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from deploy.local.kafka import Listener
from deploy.local.ports import LOOPBACK, steady_ports
from deploy.local.services import SERVICES
from deploy.local.stack import LocalStack
from deploy.local.supervisor import Program
from deploy.simulator.mailbox import Mailbox
from deploy.simulator.stage import Say, Scene, Stage
from tests.chaos.fire.links import Link

ROLES: Mapping[str, tuple[str, ...]] = {
    "identity": ("api", "reactions", "streams"),
    "ipr": ("api", "reactions", "streams"),
    "complaints": ("api", "reactions", "streams"),
    "notifications": ("api", "reactions"),
    "scoring": ("api", "reactions", "streams"),
}
ALL = "all"
"""The role of a process that has all."""


@dataclass(frozen=True)
class Post:
    """A place for one process: a service and a role, or all its roles."""

    service: str
    role: str = ALL

    @property
    def name(self) -> str:
        return self.service if self.role == ALL else f"{self.service}.{self.role}"

    @property
    def serves(self) -> bool:
        """Whether callers of the service's API come here."""
        return self.role in (ALL, "api")

    @property
    def reacts(self) -> bool:
        return self.role in (ALL, "reactions")

    @property
    def streams(self) -> bool:
        return self.role in (ALL, "streams") and "streams" in ROLES[self.service]


def posts(split: Sequence[str]) -> list[Post]:
    """Of all services; those in `split` have a process for each role."""
    return [Post(service, role) for service in SERVICES for role in (ROLES[service] if service in split else (ALL,))]


@dataclass
class Crew:
    """Who is at a post: the name of its program, and its port."""

    post: Post
    name: str
    port: int
    instance: str
    version: int = 1

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


@dataclass
class Links:
    """front: callers to each service's API; kafka, store: each service to those; inside: notifications to identity."""

    front: dict[str, Link] = field(default_factory=dict)
    kafka: dict[str, Link] = field(default_factory=dict)
    store: dict[str, Link] = field(default_factory=dict)
    inside: Link = field(default_factory=lambda: Link("notifications-identity", 0, 0))

    @property
    def all(self) -> list[Link]:
        return [*self.front.values(), *self.kafka.values(), *self.store.values(), self.inside]


class BurningStage(Stage):
    """`async with BurningStage(scene, split) as stage:` and all is ready, behind links that are open."""

    def __init__(
        self, scene: Scene, split: Sequence[str], say: Say = lambda _: None, mailbox: Mailbox | None = None
    ) -> None:
        ports = iter(steady_ports(64))
        self.links = Links()
        for service in SERVICES:
            self.links.front[service] = Link(f"callers-{service}", next(ports), 0)
            self.links.kafka[service] = Link(f"{service}-kafka", next(ports), next(ports))
            self.links.store[service] = Link(f"{service}-store", next(ports), 0)
        self.links.inside = Link("notifications-identity", next(ports), 0)
        listeners = [
            Listener(f"LINK_{service.upper()}", link.upstream, link.port) for service, link in self.links.kafka.items()
        ]
        # What the environment names is not ours to kill.
        super().__init__(scene, say, LocalStack(scene.data, env={}, listeners=listeners), mailbox)
        self.addresses = {service: f"http://{LOOPBACK}:{link.port}" for service, link in self.links.front.items()}
        self.crews = {post.name: Crew(post, post.name, next(ports), instance="1") for post in posts(split)}

    async def _set(self) -> None:
        for link in self.links.all:
            await link.start()
            self._exit.push_async_callback(link.stop)
        await super()._set()

    def programs(self) -> list[Program]:
        store = int(self.stack.mongo_url.partition("/?")[0].rpartition(":")[2])
        for link in self.links.store.values():
            link.point_to(store)
        for crew in self.crews.values():
            if crew.post.serves:
                self.let_in(crew)
        self._common = self.environment()
        return [self.program(crew) for crew in self.crews.values()]

    def let_in(self, crew: Crew) -> None:
        """Callers of the service come to this process from now on."""
        self.links.front[crew.post.service].point_to(crew.port)
        if crew.post.service == "identity":
            self.links.inside.point_to(crew.port)

    def program(self, crew: Crew, folder: Path | None = None) -> Program:
        """The process of a crew; `folder`: where its version of the code is, ours unless told."""
        post = crew.post
        env = {
            **self._common,
            "IPP_INSTANCE": crew.instance,
            "IPP_KAFKA_BOOTSTRAP": f"{LOOPBACK}:{self.links.kafka[post.service].port}",
            "IPP_MONGO_URL": f"mongodb://{LOOPBACK}:{self.links.store[post.service].port}/?directConnection=true",
            f"IPP_{post.service.upper()}_PORT": str(crew.port),
        }
        if post.service == "notifications":
            env["IPP_IDENTITY_URL"] = f"http://{LOOPBACK}:{self.links.inside.port}"
        command = [sys.executable, "-m", f"services.{post.service}"]
        if post.role != ALL:
            command.append(post.role)
        program = Program(crew.name, command, address=crew.address, env=env)
        return replace(program, folder=folder) if folder else program
