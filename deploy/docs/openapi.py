"""`docs/reference/openapi/<service>.json`: the document that each service serves at `/openapi.json`."""

from typing import Any

import orjson

from deploy.docs.interfaces import Interface
from shared.httpkit.openapi import describe


def document(interface: Interface) -> dict[str, Any]:
    return describe(interface.service, interface.summary, interface.routes, interface.operations)


def text(interface: Interface) -> str:
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(document(interface), option=options).decode() + "\n"
