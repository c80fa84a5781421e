"""What each service serves, read from its declarations; nothing is started and no collaborator is needed."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Protocol, cast

from deploy.local.services import SERVICES
from shared.access import Operations
from shared.httpkit import Route

ALIKE = "shared.retention.api"
"""What several services serve alike: each that names its operation."""


@dataclass(frozen=True)
class Interface:
    """summary: the first line of the service's charter."""

    service: str
    summary: str
    routes: tuple[Route, ...]
    operations: Operations


class _Served(Protocol):
    def routes(self) -> tuple[Route, ...]: ...


class Incomplete(Exception):
    """Routes and the table of roles do not name the same operations."""


def interfaces() -> tuple[Interface, ...]:
    """All five, in the order in which they are named everywhere."""
    return tuple(interface(service) for service in SERVICES)


def interface(service: str) -> Interface:
    """Raises Incomplete where an operation has no route, or a route no roles."""
    package = importlib.import_module(f"services.{service}")
    operations: Operations = importlib.import_module(f"services.{service}.operations").OPERATIONS
    alike = (route for route in _served_by(importlib.import_module(ALIKE)) if route.operation in operations)
    routes = tuple(sorted((*_routes(package), *alike), key=lambda route: (route.path, route.method)))
    differing = {route.operation for route in routes} ^ set(operations)
    if differing:
        raise Incomplete(f"{service}: {', '.join(sorted(differing))}")
    return Interface(service, (inspect.getdoc(package) or "").partition("\n")[0], routes, operations)


def _routes(package: ModuleType) -> Iterator[Route]:
    """Routes are data that name methods of their class: they are read from an instance that was never set up."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith(".api"):
            continue
        yield from _served_by(importlib.import_module(module.name))


def _served_by(module: ModuleType) -> Iterator[Route]:
    for _, served in inspect.getmembers(module, inspect.isclass):
        if served.__module__ == module.__name__ and inspect.isfunction(getattr(served, "routes", None)):
            yield from cast("_Served", object.__new__(served)).routes()
