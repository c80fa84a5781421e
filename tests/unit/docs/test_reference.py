"""The reference pages say what the code says, in forms that other tools can read."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from deploy.docs import __main__ as pages
from deploy.docs import asyncapi, openapi
from deploy.docs.examples import PLATFORM, every_example
from deploy.docs.interfaces import interface, interfaces
from deploy.docs.refusals import Found, found, in_source
from deploy.local.services import SERVICES
from shared.contracts.catalogue import TOPICS
from shared.contracts.envelope import decode, read_data
from shared.httpkit.problems import STANDARD_PROBLEMS


@pytest.mark.parametrize("service", SERVICES)
def test_the_openapi_of_each_service_is_valid(service: str) -> None:
    validate(openapi.document(interface(service)))


@pytest.mark.parametrize("service", SERVICES)
def test_every_refusal_that_a_route_declares_is_one_that_the_code_can_make(service: str) -> None:
    known = found()
    declared = {code for route in interface(service).routes for code in route.problems}
    assert {code for code in declared if not any(one.is_of(code) for one in known)} - set(STANDARD_PROBLEMS) == set()


def test_every_reference_within_asyncapi_leads_somewhere() -> None:
    document = yaml.safe_load(asyncapi.text())
    for reference in _references(document):
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def test_asyncapi_names_every_topic_and_every_event() -> None:
    document = asyncapi.document()
    assert {channel["address"] for channel in document["channels"].values()} == {topic.name for topic in TOPICS}
    assert set(document["components"]["messages"]) == {event.type for topic in TOPICS for event in topic.events}


def test_every_example_fits_the_schema_of_its_message() -> None:
    document = asyncapi.document()
    for name, message in document["components"]["messages"].items():
        schema = {**message["payload"], "components": document["components"]}
        for shown in message["examples"]:
            errors = [error.message for error in Draft202012Validator(schema).iter_errors(shown["payload"])]
            assert errors == [], name


def test_every_example_is_read_as_a_consumer_reads_it() -> None:
    by_name = {topic.of(PLATFORM): topic for topic in TOPICS}
    for example in every_example():
        envelope = decode(example.value)
        model = by_name[example.topic].by_type[envelope.type]
        assert read_data(envelope, model).type == envelope.type
        assert example.key


def test_all_five_services_have_their_pages() -> None:
    assert {page for page in pages.pages() if page.startswith("reference/openapi/")} == {
        f"reference/openapi/{one.service}.json" for one in interfaces()
    }


def test_a_page_that_differs_or_is_no_longer_made_is_stale(tmp_path: Any) -> None:
    fresh = {"reference/a.md": "a\n", "adr/README.md": "list\n"}
    pages.write(fresh, tmp_path)
    assert pages.stale(fresh, tmp_path) == []
    (tmp_path / "reference" / "a.md").write_text("edited by hand\n")
    (tmp_path / "reference" / "old.md").write_text("of a service that is gone\n")
    (tmp_path / "adr" / "0001-kept.md").write_text("written by people\n")
    assert pages.stale(fresh, tmp_path) == ["reference/a.md", "reference/old.md"]
    pages.write(fresh, tmp_path)
    assert pages.stale(fresh, tmp_path) == []
    assert (tmp_path / "adr" / "0001-kept.md").exists()


def test_refusals_are_found_with_the_text_last_assigned_before_them() -> None:
    source = """
_LOG_IN = "Log in."
TEXTS: dict[str, tuple[str, str]] = {"from-a-table": ("in a table", "mend it")}
def decide(case):
    detail = f"the case is {case.state}"
    if case.ended:
        raise Refusal("case-ended", detail, _LOG_IN)
    detail = "another text"
    raise Obsolete("case-over", detail)
def other(code):
    raise Refusal(code, "no literal code, not found")
class NotKnown(Refusal):
    def __init__(self, what):
        super().__init__(f"{what}-not-known", f"This {what} is not known.")
"""
    assert set(in_source(source)) == {
        Found("case-ended", "answer", "the case is {state}", "Log in."),
        Found("case-over", "obsolete", "another text", ""),
        Found("from-a-table", "answer", "in a table", "mend it"),
        Found("{what}-not-known", "answer", "This {what} is not known.", ""),
    }
    assert Found("{what}-not-known", "answer", "", "").is_of("right-not-known")


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)
