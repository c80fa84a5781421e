"""What may be sent of a right: checked for form, all at once."""

from datetime import date
from functools import cache
from typing import Annotated, Literal, Self

from babel import Locale
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.ipr.rights.model import DocumentKind, Rectangle
from shared.files.serving import MOST_PAGES

# Two letters in CLDR, and no country or region of ISO 3166-1.
_NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})

_ROUNDING = 1e-6


@cache
def _territories() -> frozenset[str]:
    codes = frozenset(map(str, Locale("en").territories))
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES


def _place(code: str) -> str:
    if code not in _territories():
        raise PydanticCustomError("place_not_known", "This is no country or region of ISO 3166-1 alpha-2.")
    return code


def _distinct(classes: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(classes)) != len(classes):
        raise PydanticCustomError("class_repeated", "A class is given twice.")
    return tuple(sorted(classes))


def _text(text: str) -> str:
    found = " ".join(text.split())
    if not found:
        raise PydanticCustomError("text_empty", "The text is empty.")
    return found


Place = Annotated[str, AfterValidator(_place)]
Text = Annotated[str, Field(max_length=300), AfterValidator(_text)]
NiceClass = Annotated[int, Field(ge=1, le=45)]


class RectangleBody(BaseModel):
    """A part of a page, in shares of its width and height as the preview shows it, from its left upper corner."""

    model_config = ConfigDict(extra="forbid")

    x: float = Field(ge=0, lt=1)
    y: float = Field(ge=0, lt=1)
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _on_the_page(self) -> Self:
        if self.x + self.width > 1 + _ROUNDING or self.y + self.height > 1 + _ROUNDING:
            raise PydanticCustomError("rectangle_off_page", "The rectangle reaches over the page.")
        return self

    def rectangle(self) -> Rectangle:
        return Rectangle(x=self.x, y=self.y, width=self.width, height=self.height)


class RedactionProposal(BaseModel):
    """What the owner would have covered before a document is disclosed; a reviewer decides. `number`: of the document
    among those of its kind as they are sent, from 1; `page`: from 1."""

    model_config = ConfigDict(extra="forbid")

    kind: DocumentKind
    number: int = Field(ge=1, le=100)
    page: int = Field(default=1, ge=1, le=MOST_PAGES)
    rectangles: Annotated[tuple[RectangleBody, ...], Field(min_length=1, max_length=40)]


class RightBody(BaseModel):
    """A trademark as its certificate states it (001, Step 3). `place`: where it is registered; `renewed`, `assigned`,
    `altered`: each "yes" comes with its document; `draft`: keep it, do not submit it yet; `redactions`: private
    addresses and the like on documents, which are disclosed to the sellers complained of."""

    model_config = ConfigDict(extra="forbid")

    right_type: Literal["trademark"]
    place: Place
    madrid_designations: Annotated[tuple[Place, ...], Field(max_length=200)] = ()
    name: Text
    registration_number: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_text)]
    registrant: Text
    expires_on: date
    nice_classes: Annotated[tuple[NiceClass, ...], Field(min_length=1, max_length=45), AfterValidator(_distinct)]
    brand: Text | None = None
    renewed: bool = False
    assigned: bool = False
    altered: bool = False
    principal_id: Annotated[str, Field(pattern="^[A-Za-z0-9-]{1,64}$")] | None = None
    draft: bool = False
    redactions: Annotated[tuple[RedactionProposal, ...], Field(max_length=50)] = ()


class WithdrawalBody(BaseModel):
    """`reason` is a code: reasons travel in events, where no free text is."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,63}$")]


class PageQuery(BaseModel):
    """`after`: the last right_id of the page before."""

    model_config = ConfigDict(extra="forbid")

    after: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)
