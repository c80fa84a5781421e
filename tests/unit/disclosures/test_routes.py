"""Every route of every service: what may show a person's data to somebody else is declared, and so is held to an entry
in the log of disclosures (the endpoint keeps back what has none)."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from deploy.docs.interfaces import interfaces
from shared.access import Operations, Role
from shared.httpkit import Route

# Names of fields under which a person's own data, or what they wrote, would be answered.
_PERSONAL = frozenset(
    {
        "email",
        "mobile",
        "phone",
        "postal_address",
        "address",
        "full_name",
        "registrant",
        "details",
        "statement",
        "evidence",
        "text",
        "certificates",
    }
)
# Fields of these names that are nobody's data; each with the reason why.
_NOBODYS = {
    ("read-agreements", "text"): "the text of an agreement",
    ("list-notices", "address"): "which kind of address it was: contact, login or merchant",
    ("read-account", "email"): "null for everybody but the owner (services/identity/accounts/api.py)",
    ("change-standing", "email"): "null: an operator sees no e-mail",
    ("read-account", "registrant"): "which category of registrant, a code",
    ("change-standing", "registrant"): "which category of registrant, a code",
    ("read-bulk-report", "file"): "lines, listings, case numbers and codes: kept unsealed, for nothing is personal",
    ("export-cases", "file"): "ids, codes and times of cases (complaints/records)",
    ("read-case", "details"): "ids, codes and times of a step; texts are left out (complaints/records/views.py)",
    ("read-merchants-case", "details"): "ids, codes and times of a step",
}
# Whole answers without a model that are no files.
_NO_FILES = {"read-key-set", "log-out", "renew-email-code"}
_OWN = frozenset({Role.COMPLAINANT, Role.NOBODY})


def every_route() -> Iterator[tuple[Route, Operations]]:
    for interface in interfaces():
        for route in interface.routes:
            yield route, interface.operations


def field_names(model: type[BaseModel], seen: frozenset[type] = frozenset()) -> Iterator[str]:
    """Of the model and of all models inside it."""
    for name, field in model.model_fields.items():
        yield field.alias or name
        for inner in _models(field.annotation):
            if inner not in seen:
                yield from field_names(inner, seen | {model})


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models(inner)


def may_show(route: Route) -> set[str]:
    """Fields under which the answer may hold personal data; `file` for one that is no JSON."""
    if route.output is None:
        found = {"file"} if route.status == 200 and route.operation not in _NO_FILES else set()
    else:
        found = {name for name in field_names(route.output) if name in _PERSONAL}
    return {name for name in found if (route.operation, name) not in _NOBODYS}


ROUTES = [pytest.param(route, roles, id=route.operation) for route, roles in every_route()]


@pytest.mark.parametrize(("route", "operations"), ROUTES)
def test_what_may_show_a_persons_data_to_others_is_declared(route: Route, operations: Operations) -> None:
    shown, others = may_show(route), operations[route.operation] - _OWN
    if operations[route.operation] >= frozenset(Role):
        others = frozenset()  # whoever asks gets only what they sent themselves
    assert bool(shown and others) <= bool(route.discloses), f"{sorted(shown)} to {sorted(others)} without `discloses`"


@pytest.mark.parametrize(("route", "operations"), ROUTES)
def test_what_is_declared_goes_to_somebody_else(route: Route, operations: Operations) -> None:
    assert not route.discloses or operations[route.operation] - _OWN


def test_the_test_sees_what_is_there() -> None:
    declared = {route.operation for route, _ in every_route() if route.discloses}
    assert {"read-identity", "read-identity-document", "fetch-contact", "read-right", "read-certificates"} <= declared
    assert all(may_show(route) for route, _ in every_route() if route.discloses)
