"""Handing out a stranger's file: to be saved, never shown in place, by no other site, and without what is written into
it of its maker."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.files.inspector import Inspector
from shared.files.kinds import kind_of
from shared.kernel.decider import Refusal

COPY_REFUSALS = {"copy-not-made": 409}
"""What a route declares that hands out copies without metadata."""


MOST_PAGES = 500
"""Ours, for numbers of pages in requests: what a PDF may have at most is policy."""


class PageNumber(BaseModel):
    """`page` counts from 1."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(default=1, ge=1, le=MOST_PAGES)


class OriginalQuery(BaseModel):
    """purpose: why the file is wanted as it came, with what was written into it; it is logged."""

    model_config = ConfigDict(extra="forbid")

    purpose: Literal["suspected-forgery", "signature-check", "demand-of-authority"]


def headers_of_file(name: str) -> Mapping[str, str]:
    """`name`: ours, of plain characters."""
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


async def without_metadata(inspector: Inspector, content: bytes) -> bytes:
    """Raises Refusal where no such copy can be made: the original is never given in its place."""
    kind = kind_of(content)
    copy = await inspector.clean(content, kind) if kind else None
    if copy is None:
        mend = "Look at its preview, or ask for the original and say what for."
        raise Refusal("copy-not-made", "No copy without metadata can be made of this file.", mend)
    return copy
