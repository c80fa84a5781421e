"""HTTP for every service: routes as data, access by role, problems (RFC 9457), idempotent changes, health.

A capability's `api.py` has one class whose `routes()` declares its operations; `wiring.py` gives them to `create_app`.
"""

from shared.httpkit.answers import Idempotency, answered, cause_of, idempotency_of, ok, to_json
from shared.httpkit.application import RouteMistake, create_app
from shared.httpkit.bodies import Form, Upload, parse_json, read_body, read_form, read_json, read_query
from shared.httpkit.context import Context, account_of, actor_of, context_of, continued
from shared.httpkit.instants import Instant
from shared.httpkit.problems import FieldProblem, Problem, not_found
from shared.httpkit.routes import MIB, Handler, Part, Route
from shared.httpkit.server import HttpServer
from shared.httpkit.streaming import streamed
from shared.httpkit.watching import Backlog, Readiness

__all__ = [
    "MIB",
    "Backlog",
    "Context",
    "FieldProblem",
    "Form",
    "Handler",
    "HttpServer",
    "Idempotency",
    "Instant",
    "Part",
    "Problem",
    "Readiness",
    "Route",
    "RouteMistake",
    "Upload",
    "account_of",
    "actor_of",
    "answered",
    "cause_of",
    "context_of",
    "continued",
    "create_app",
    "idempotency_of",
    "not_found",
    "ok",
    "parse_json",
    "read_body",
    "read_form",
    "read_json",
    "read_query",
    "streamed",
    "to_json",
]
