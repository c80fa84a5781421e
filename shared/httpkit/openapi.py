"""OpenAPI 3.1 from the declarations of routes and the table of roles."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.access import Operations, Role
from shared.httpkit.answers import IDEMPOTENCY_HEADER
from shared.httpkit.problems import CONTENT_TYPE, described
from shared.httpkit.routes import Route

_REFERENCE = "#/components/schemas/{model}"


class FieldProblemBody(BaseModel):
    """One thing that is wrong in a request."""

    pointer: str
    code: str
    detail: str = ""
    mend: str = ""


class ProblemBody(BaseModel):
    """RFC 9457. `code` is stable; `mend` says what would make the request fit."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    mend: str = ""
    problems: tuple[FieldProblemBody, ...] = ()


def describe(service: str, summary: str, routes: Sequence[Route], operations: Operations) -> dict[str, Any]:
    """The document that `/openapi.json` serves and that the docs are made from."""
    references, definitions = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, operations, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"ipp {service}", "version": "1", "description": summary},
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _schemas(routes: Sequence[Route]) -> tuple[Mapping[Any, Any], dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], Any], None] = {(ProblemBody, "serialization"): None}
    for route in routes:
        if route.input:
            wanted[route.input, "validation"] = None
        if route.output:
            wanted[route.output, "serialization"] = None
    by_model, definitions = models_json_schema(list(wanted), ref_template=_REFERENCE)
    return {model: schema for (model, _), schema in by_model.items()}, dict(definitions.get("$defs", {}))


def _operation(route: Route, operations: Operations, references: Mapping[Any, Any]) -> dict[str, Any]:
    roles = operations[route.operation]
    described_operation: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary,
        "x-roles": sorted(role.value for role in roles),
        "parameters": _parameters(route),
        "responses": _responses(route, Role.NOBODY in roles, references),
    }
    if Role.NOBODY not in roles:
        described_operation["security"] = [{"token": []}]
    if route.input:
        content = {"application/json": {"schema": references[route.input]}}
        described_operation["requestBody"] = {"required": True, "content": content}
    elif route.parts:
        described_operation["requestBody"] = {"required": True, "content": {"multipart/form-data": _form(route)}}
    return described_operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    names = [part[1:-1].partition(":")[0] for part in route.path.split("/") if part.startswith("{")]
    found = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    if route.query:
        schema = route.query.model_json_schema()
        required = schema.get("required", ())
        found += [
            {"name": name, "in": "query", "required": name in required, "schema": value}
            for name, value in schema.get("properties", {}).items()
        ]
    if route.needs_idempotency_key:
        schema = {"type": "string", "minLength": 8, "maxLength": 128}
        found.append({"name": IDEMPOTENCY_HEADER, "in": "header", "required": True, "schema": schema})
    return found


def _responses(route: Route, is_open: bool, references: Mapping[Any, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": route.summary}
    if route.output:
        success["content"] = {route.output_media_type: {"schema": references[route.output]}}
    responses: dict[str, Any] = {str(route.status): success}
    problem = {CONTENT_TYPE: {"schema": references[ProblemBody]}}
    for status, codes in described(_codes(route, is_open), route.problems).items():
        responses[str(status)] = {"description": ", ".join(codes), "content": problem}
    return responses


def _codes(route: Route, is_open: bool) -> set[str]:
    codes = {*route.problems, "internal-error"}
    if not is_open:
        codes |= {"token-missing", "token-invalid", "token-expired", "not-allowed"}
    if route.input or route.parts:
        codes |= {"body-not-valid", "body-too-large", "media-type-not-supported"}
        codes.add("body-not-json" if route.input else "body-not-form")
    if route.query:
        codes.add("query-not-valid")
    if route.needs_idempotency_key:
        codes |= {"idempotency-key-missing", "idempotency-key-not-valid", "idempotency-key-reused"}
    if "{" in route.path:
        codes.add("not-found")
    return codes


def _form(route: Route) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for part in route.parts:
        kind: dict[str, Any] = {"type": "string", "description": f"{part.description}; at most {part.max_bytes} bytes"}
        if part.is_file:
            kind["contentMediaType"] = "application/octet-stream"
        properties[part.name] = {"type": "array", "items": kind} if part.repeated else kind
    required = [part.name for part in route.parts if part.required]
    return {"schema": {"type": "object", "properties": properties, "required": required}}
