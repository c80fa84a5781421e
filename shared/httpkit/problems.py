"""Every refusal as `application/problem+json` (RFC 9457): a stable code, what is wrong, what would mend it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web
from pydantic import ValidationError

from shared.kernel.decider import Refusal

CONTENT_TYPE = "application/problem+json"

# What any operation may answer, whatever it declares.
STANDARD_PROBLEMS: Mapping[str, int] = {
    "not-found": 404,
    "removed": 410,
    "method-not-allowed": 405,
    "body-too-large": 413,
    "body-too-slow": 408,
    "too-many-uploads": 503,
    "body-broken": 400,
    "media-type-not-supported": 415,
    "body-not-json": 400,
    "body-not-form": 400,
    "body-not-valid": 422,
    "query-not-valid": 422,
    "idempotency-key-missing": 400,
    "idempotency-key-not-valid": 400,
    "idempotency-key-reused": 422,
    "token-missing": 401,
    "token-invalid": 401,
    "token-expired": 401,
    "token-audience": 401,
    "token-issuer": 401,
    "token-key": 401,
    "token-keys-unavailable": 503,
    "not-allowed": 403,
    "internal-error": 500,
    "try-again": 503,
}


@dataclass(frozen=True)
class FieldProblem:
    """One thing that is wrong in a request. `pointer` is a JSON pointer (RFC 6901) into the body, or `?name`."""

    pointer: str
    code: str
    detail: str
    mend: str = ""


@dataclass
class Problem(Exception):
    """An answer that is no success. Raised by handlers and by the kit, rendered in one place."""

    code: str
    detail: str
    mend: str = ""
    status: int = 400
    problems: tuple[FieldProblem, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.detail}"


def standard(code: str, detail: str, mend: str = "", **more: Any) -> Problem:
    """A problem of the kit's own list, with its status."""
    return Problem(code, detail, mend, STANDARD_PROBLEMS[code], **more)


def not_found(what: str = "resource") -> Problem:
    """Also for another's object, which looks like one that does not exist."""
    return standard("not-found", f"There is no such {what}.", "Check the address and the number.")


def of_refusal(refusal: Refusal, declared: Mapping[str, int]) -> Problem:
    """409 where the route declares no status for the code. A refusal that names several things at once carries them
    as `problems` (objects with code, detail, mend and, where there is one, pointer)."""
    named = tuple(
        FieldProblem(getattr(each, "pointer", ""), each.code, each.detail, each.mend)
        for each in getattr(refusal, "problems", ())
    )
    status = declared.get(refusal.code, STANDARD_PROBLEMS.get(refusal.code, 409))
    headers = {"Retry-After": "1"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Problem(refusal.code, refusal.detail, refusal.mend, status, named, headers)


def of_validation(error: ValidationError, code: str = "body-not-valid", prefix: str = "") -> Problem:
    """All that is wrong in one answer. Input values are left out: they may be personal data."""
    problems = tuple(_field_problem(each, prefix) for each in error.errors(include_url=False, include_input=False))
    number = len(problems)
    detail = f"{number} {'thing is' if number == 1 else 'things are'} wrong in the request."
    return standard(code, detail, "Correct what `problems` names and send it again.", problems=problems)


def respond(problem: Problem, instance: str) -> web.Response:
    """The problem as a response. `instance` is the request's correlation id: whoever asks for help names it."""
    body: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": _title(problem.code),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "instance": instance,
    }
    if problem.mend:
        body["mend"] = problem.mend
    if problem.problems:
        body["problems"] = [_rendered(each) for each in problem.problems]
    return web.Response(
        body=orjson.dumps(body), status=problem.status, content_type=CONTENT_TYPE, headers=dict(problem.headers)
    )


_OF_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large", 415: "media-type-not-supported"}


def of_http_exception(error: web.HTTPException) -> Problem:
    """What aiohttp itself refuses: unknown paths, wrong methods, malformed requests."""
    status = error.status
    code = _OF_STATUS.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "-")
    headers = {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
    details = {
        404: "There is nothing at this address.",
        405: f"This address does not take this method; it takes {headers.get('Allow', 'others')}.",
    }
    return Problem(code, details.get(status, error.reason), "", status, headers=headers)


def _field_problem(error: Any, prefix: str) -> FieldProblem:
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in error["loc"]]
    pointer = prefix + "/".join(parts) if prefix == "?" else prefix + "".join(f"/{part}" for part in parts)
    code = str(error["type"]).replace("_", "-").replace(".", "-")
    context = error.get("ctx") or {}
    raised = context.get("error")
    if isinstance(raised, Refusal):
        return FieldProblem(pointer, raised.code, raised.detail, raised.mend)
    return FieldProblem(pointer, code, str(error["msg"]), _mend(code, context))


def _mend(code: str, context: Mapping[str, Any]) -> str:
    if code == "missing":
        return "Send this field."
    if code == "extra-forbidden":
        return "Leave this field out."
    if "expected" in context:
        return f"Send {context['expected']}."
    return ""


def _rendered(problem: FieldProblem) -> dict[str, str]:
    body = {"pointer": problem.pointer, "code": problem.code, "detail": problem.detail, "mend": problem.mend}
    return {name: value for name, value in body.items() if value or name in ("pointer", "code")}


def _title(code: str) -> str:
    return code.replace("-", " ").capitalize()


def described(codes: Iterable[str], declared: Mapping[str, int]) -> dict[int, list[str]]:
    """Status → codes, for the documentation of an operation."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(declared.get(code, STANDARD_PROBLEMS.get(code, 409)), []).append(code)
    return {status: sorted(set(named)) for status, named in sorted(by_status.items())}
