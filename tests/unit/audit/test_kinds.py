"""The audit leaves no kind of aggregate out."""

import importlib
import pkgutil

import services
from deploy.audit.kinds import KINDS, anchoring, kind_of
from shared.eventstore import AggregateType


def _all_of_the_services() -> dict[str, str]:
    found = {}
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if module.name.endswith(".store"):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, AggregateType):
                    found[value.kind] = module.name.split(".")[1]
    return found


def test_every_aggregate_of_the_services_is_known_with_its_service() -> None:
    assert {kind.name: kind.service for kind in KINDS} == _all_of_the_services()


def test_the_topics_of_every_marketplace_anchor_its_commands() -> None:
    topics = anchoring((kind_of("measure"),))

    assert len(topics) == 8
    assert "takedowns.taobao.v1" in topics
    assert "complaints.measures.v1" in topics
    assert anchoring((kind_of("staff"),)) == ()
