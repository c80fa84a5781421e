"""A seed is a schedule: what is done to whom, in which order, how long, and what overlaps."""

from collections import Counter

from deploy.local.services import SERVICES
from deploy.provision import declared
from tests.chaos.fire.ground import posts
from tests.chaos.fire.schedule import AN_HOUR, KINDS, SHORT, Deck, Volley, every_kind, long, short

_GROUPS = [topic.name.removesuffix(".dlq.v1") for topic in declared() if topic.name.endswith(".dlq.v1")]


def _deck(seed: int) -> Deck:
    return Deck(seed, posts(SERVICES), _GROUPS)


def _kinds(volleys: list[Volley]) -> Counter[str]:
    return Counter(strike.fault.kind for volley in volleys for strike in volley)


def test_the_same_seed_draws_the_same_and_another_draws_something_else() -> None:
    assert long(_deck(7), 60) == long(_deck(7), 60)
    assert long(_deck(7), 60) != long(_deck(8), 60)


def test_an_hour_has_what_its_goals_ask_for() -> None:
    drawn = _kinds(long(_deck(3), 60))

    assert drawn == Counter(AN_HOUR)
    assert drawn["kill service"] + drawn["kill role"] >= 60
    assert min(drawn[kind] for kind in ("kill broker", "kill store", "stop", "cut")) >= 10


def test_some_faults_overlap_and_never_two_on_the_same_target() -> None:
    volleys = long(_deck(3), 60)

    assert sum(len(volley) > 1 for volley in volleys) > len(volleys) / 3
    for volley in volleys:
        targets = [target for strike in volley for target in strike.fault.targets]
        assert len(targets) == len(set(targets))


def test_the_other_forms_have_every_kind_once_and_the_kinds_of_the_short_form() -> None:
    assert _kinds(every_kind(_deck(1))) == Counter(KINDS)
    assert _kinds(short(_deck(1))) == Counter(kind for kinds in SHORT for kind in kinds)


def test_groups_go_with_the_role_that_reads_them() -> None:
    deck = _deck(1)
    by_role = {post.role: deck.groups_of(post) for post in deck.posts if post.service == "scoring"}

    assert by_role["reactions"] == ("scoring.merchant-records", "scoring.status-records")
    assert by_role["streams"] == ("scoring.goodfaith-v1", "scoring.outcomes-v1", "scoring.penalties-v1")
