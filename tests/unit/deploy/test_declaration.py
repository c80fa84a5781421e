"""The declaration of topics."""

import pytest

from deploy.provision import DeclaredTopic, declared, processor_versions, read
from deploy.provision.declaration import DECLARATION
from services.scoring.streams import goodfaith, outcomes, penalties
from shared.contracts.catalogue import TOPICS

_SMALL = """
platforms: [taobao, lazada]
kinds:
  events: { cleanup.policy: delete, retention.ms: -1 }
  changelog: { cleanup.policy: compact }
  dead-letters: { cleanup.policy: delete }
topics:
  - { name: "takedowns.{platform}.v1", for_each: platforms, kind: events, partitions: 2 }
  - { name: ipr.rights.v1, kind: events, partitions: 4, settings: { max.message.bytes: 2000000 } }
reaction_groups: [complaints.rights]
processors:
  - { name: complaints.outcomes, partitions: 4 }
"""


def test_platforms_groups_and_processors_become_topics() -> None:
    compact, delete = {"cleanup.policy": "compact"}, {"cleanup.policy": "delete"}
    events = {"cleanup.policy": "delete", "retention.ms": "-1"}

    assert read(_SMALL) == (
        DeclaredTopic("complaints.outcomes-v1-state-changelog", 4, compact),
        DeclaredTopic("complaints.outcomes-v1.dlq.v1", 1, delete),
        DeclaredTopic("complaints.rights.dlq.v1", 1, delete),
        DeclaredTopic("ipr.rights.v1", 4, {**events, "max.message.bytes": "2000000"}),
        DeclaredTopic("takedowns.lazada.v1", 2, events),
        DeclaredTopic("takedowns.taobao.v1", 2, events),
    )


def test_a_version_that_takes_over_is_declared_beside_the_one_before() -> None:
    """The steps in docs/operate-at-night.md: what version 2 needs is there before scoring is started as version 2."""
    processors = (outcomes, goodfaith, penalties)
    lines = "".join(f"  - {{ name: {each.NAME}, version: 2, partitions: 4 }}\n" for each in processors)
    both = DECLARATION.read_text() + lines
    before, after = {topic.name for topic in declared()}, {topic.name for topic in read(both)}

    assert after - before == {
        f"{name}-v2{end}"
        for name in ("scoring.outcomes", "scoring.goodfaith", "scoring.penalties")
        for end in ("-state-changelog", ".dlq.v1")
    }
    assert all({*each.shape(version=2).topics} <= after for each in processors)
    # With a suffix there would be more to declare, and nobody to read it.
    assert not {*goodfaith.shape(version=2, suffix=".new").topics} <= after
    versions = processor_versions(both)
    assert (versions["scoring.goodfaith"], versions["ipr.deadline-processor"]) == (2, 1)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("kind: events, partitions: 2", "kind: forever, partitions: 2", "no such kind of topic: forever"),
        ("partitions: 2", "partitions: 0", "greater than or equal to 1"),
        ("[complaints.rights]", "[complaints.rights, complaints.rights]", "declared twice: complaints.rights.dlq.v1"),
        ("for_each: platforms", "each: platforms", "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_declaration_says_what_is_wrong(before: str, after: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read(_SMALL.replace(before, after))


def test_every_contract_has_its_topic_with_the_retention_that_it_promises() -> None:
    topics = {topic.name: topic for topic in declared()}

    for contract in TOPICS:
        topic = topics[contract.of("taobao")]
        assert topic.settings["cleanup.policy"] == ("compact" if contract.compacted else "delete"), topic.name


def test_event_topics_are_kept_for_ever() -> None:
    assert all(t.settings["retention.ms"] == "-1" for t in declared() if t.settings["cleanup.policy"] == "delete")
