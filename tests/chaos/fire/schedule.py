"""Which faults, on what, in which order and for how long: all drawn from the seed before the run begins."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploy.local.services import SERVICES
from deploy.simulator.listings import PLATFORMS
from tests.chaos.fire.faults import (
    ClockJump,
    CutLink,
    DiskFull,
    Duplicate,
    Fault,
    Freeze,
    HalfOpenLink,
    KillBroker,
    KillRole,
    KillService,
    KillStore,
    Redeploy,
    Replay,
    SlowLink,
    Storm,
)
from tests.chaos.fire.faults.links import LinkName, Way
from tests.chaos.fire.ground import ALL, Post

Draw = Callable[["Deck"], Fault]

# Of an hour: what the goals ask for, and of every other kind enough to count on it.
AN_HOUR: Mapping[str, int] = {
    KillService.kind: 26,
    KillRole.kind: 38,
    KillBroker.kind: 11,
    KillStore.kind: 11,
    Freeze.kind: 11,
    CutLink.kind: 11,
    HalfOpenLink.kind: 5,
    SlowLink.kind: 5,
    Storm.kind: 4,
    Duplicate.kind: 6,
    Replay.kind: 4,
    DiskFull.kind: 2,
    ClockJump.kind: 3,
    Redeploy.kind: 4,
}
SHORT: tuple[tuple[str, ...], ...] = (
    (KillService.kind,),
    (KillBroker.kind, KillRole.kind),
    (CutLink.kind, KillStore.kind),
    (Freeze.kind, Duplicate.kind),
)
"""The volleys of the short form. Copies come late, when there is something to copy."""

_OVERLAP = 3.0  # seconds within which the faults of one volley begin
_COPIED = (
    "complaints.cases.v1",
    "complaints.measures.v1",
    "complaints.submissions.v1",
    "complaints.deadlines.v1",
    "notifications.deliveries.v1",
    "identity.accounts.v1",
    "ipr.rights.v1",
    *(f"takedowns.{platform}.v1" for platform in PLATFORMS),
    *(f"takedown-acks.{platform}.v1" for platform in PLATFORMS),
)


@dataclass(frozen=True)
class Strike:
    """after: seconds from the beginning of its volley."""

    after: float
    fault: Fault


Volley = tuple[Strike, ...]


class Deck:
    """Draws one fault after the other. The same seed, posts and groups give the same faults."""

    def __init__(self, seed: int, posts: Sequence[Post], groups: Sequence[str]) -> None:
        self.rng = random.Random(f"{seed}|faults")
        self.posts = sorted(posts, key=lambda post: post.name)
        self.groups = sorted(groups)
        self._victims = {service: list(SERVICES) for service in ("kill", "redeploy")}
        self._roles: list[Post] = []

    def draw(self, kind: str) -> Fault:
        return _DRAWS[kind](self)

    def in_turn(self, what: str) -> str:
        """Each service once before any comes again."""
        left = self._victims[what]
        if not left:
            left.extend(SERVICES)
        return left.pop(self.rng.randrange(len(left)))

    def post(self) -> Post:
        """Each post once before any comes again."""
        if not self._roles:
            self._roles = list(self.posts)
        return self._roles.pop(self.rng.randrange(len(self._roles)))

    def seconds(self, least: float, most: float) -> float:
        return round(self.rng.uniform(least, most), 1)

    def link(self) -> LinkName:
        way: Way = self.rng.choice(("kafka", "kafka", "store", "store", "front", "inside"))
        return LinkName(way, "notifications" if way == "inside" else self.rng.choice(SERVICES))

    def groups_of(self, post: Post) -> tuple[str, ...]:
        """Consumer groups of its role; those of processors end with a version."""
        mine = [group for group in self.groups if group.startswith(f"{post.service}.")]
        if post.role != ALL:
            mine = [group for group in mine if _is_processor(group) == (post.role == "streams")]
        return tuple(mine)


def _is_processor(group: str) -> bool:
    return group.rpartition("-v")[2].isdigit()


def _worker(deck: Deck, wanted: Callable[[Post], bool]) -> Post:
    return deck.rng.choice([post for post in deck.posts if wanted(post)])


def _replay(deck: Deck) -> Fault:
    post = _worker(deck, lambda post: bool(deck.groups_of(post)) and post.role != "api")
    return Replay(post, deck.groups_of(post), share=deck.seconds(0.1, 0.6))


def _duplicate(deck: Deck) -> Fault:
    return Duplicate(tuple(sorted(deck.rng.sample(_COPIED, 5))), seed=deck.rng.getrandbits(32))


def _redeploy(deck: Deck) -> Fault:
    return Redeploy(deck.in_turn("redeploy"), back=deck.rng.choice((0, 1, 3)))


_DRAWS: Mapping[str, Draw] = {
    KillService.kind: lambda deck: KillService(deck.in_turn("kill")),
    KillRole.kind: lambda deck: KillRole(deck.post(), times=deck.rng.choice((1, 1, 1, 2)), apart=deck.seconds(0.5, 3)),
    KillBroker.kind: lambda deck: KillBroker(deck.seconds(0, 8)),
    KillStore.kind: lambda deck: KillStore(deck.seconds(0, 6)),
    Freeze.kind: lambda deck: Freeze(_worker(deck, lambda post: post.reacts or post.streams), deck.seconds(11.5, 16)),
    CutLink.kind: lambda deck: CutLink(deck.link(), deck.seconds(2, 14)),
    HalfOpenLink.kind: lambda deck: HalfOpenLink(deck.link(), deck.seconds(5, 20)),
    SlowLink.kind: lambda deck: SlowLink(deck.link(), deck.seconds(0.1, 0.5), deck.seconds(8, 15)),
    Storm.kind: lambda deck: Storm(
        _worker(deck, lambda post: post.reacts or post.streams), deck.rng.choice((2, 3)), deck.seconds(3, 6)
    ),
    Duplicate.kind: _duplicate,
    Replay.kind: _replay,
    DiskFull.kind: lambda deck: DiskFull(deck.seconds(64, 75)),
    ClockJump.kind: lambda deck: ClockJump(deck.seconds(1, 5)),
    Redeploy.kind: _redeploy,
}
KINDS = tuple(_DRAWS)


def short(deck: Deck) -> list[Volley]:
    """A kill of a service and of a role, broker and store restarted, a link cut, copies, a stop."""
    return [_together(deck, [deck.draw(kind) for kind in kinds]) for kinds in SHORT]


def every_kind(deck: Deck) -> list[Volley]:
    """Each kind once, one after the other."""
    kinds = list(KINDS)
    deck.rng.shuffle(kinds)
    return [_together(deck, [deck.draw(kind)]) for kind in kinds]


def long(deck: Deck, minutes: float) -> list[Volley]:
    """As many of each kind as an hour has, in proportion; about every second volley has more than one fault."""
    kinds = [kind for kind, count in AN_HOUR.items() for _ in range(max(1, round(count * minutes / 60)))]
    deck.rng.shuffle(kinds)
    return list(_volleys(deck, [deck.draw(kind) for kind in kinds]))


def _volleys(deck: Deck, faults: list[Fault]) -> Iterator[Volley]:
    while faults:
        wanted = deck.rng.choice((1, 2, 2, 3))
        some = [faults.pop(0)]
        for fault in list(faults):
            if len(some) == wanted:
                break
            if not any(fault.targets & other.targets for other in some):
                some.append(fault)
                faults.remove(fault)
        yield _together(deck, some)


def _together(deck: Deck, faults: Sequence[Fault]) -> Volley:
    return tuple(Strike(0.0 if number == 0 else deck.seconds(0, _OVERLAP), f) for number, f in enumerate(faults))
