"""What is said of a page: what is to be covered, or that nothing private is on it."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.ipr.rights.inputs import RectangleBody
from services.ipr.rights.model import PageRedaction
from shared.files.serving import MOST_PAGES


class PageDecision(BaseModel):
    """`page` counts from 1. Either `rectangles`, or `nothing_private`: an empty list alone may be an oversight."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(ge=1, le=MOST_PAGES)
    rectangles: Annotated[tuple[RectangleBody, ...], Field(max_length=40)] = ()
    nothing_private: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.rectangles) == self.nothing_private:
            raise PydanticCustomError("page_unclear", "Give rectangles, or say that nothing private is on the page.")
        return self

    def redaction(self) -> PageRedaction:
        return PageRedaction(page=self.page, rectangles=tuple(each.rectangle() for each in self.rectangles))


class DisclosureBody(BaseModel):
    """`document_sha256`: which document was looked at; `pages`: each of its pages."""

    model_config = ConfigDict(extra="forbid")

    document_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    pages: Annotated[tuple[PageDecision, ...], Field(min_length=1, max_length=MOST_PAGES)]
