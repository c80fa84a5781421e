"""What intake finds wrong, each by a stable code with what would mend it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.complaints.intake.addresses import AddressRefused, recognize
from shared.kernel.decider import Refusal


@dataclass(frozen=True)
class Finding:
    """`pointer`: JSON pointer (RFC 6901) into the request; known_case_id: the filer's own case that it is about."""

    code: str
    detail: str
    mend: str
    pointer: str = ""
    known_case_id: str | None = None


class NotQualified(Refusal):
    """The request as a whole is no qualified notice; everything that is missing is named at once (003 六; 002 §5)."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        number = len(findings)
        detail = f"{number} {'thing stands' if number == 1 else 'things stand'} in the way of this complaint."
        super().__init__("notice-not-qualified", detail, "Mend what `problems` names and send it again with a new key.")
        self.problems = tuple(findings)


class NotYetKnown(Refusal):
    """What the request names was perhaps made a moment ago and has not reached intake: never a wrong refusal."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}-not-yet-known", f"This {what} is not known here yet.", "Try again in a few seconds.")


# Why a row is refused: code → what is wrong, what would mend it. Codes of addresses say it themselves.
ROW_TEXTS: dict[str, tuple[str, str]] = {
    "repeats-row": ("An earlier row of this request names the same listing.", "Name each listing once."),
    "beyond-limit": ("The request has more listings than are taken at once.", "Send the rest with a further request."),
    "duplicate-case": (
        "A complaint of the same right about this listing is open, or its removal stands.",
        "Wait for its end; known_case_id names it where it is yours.",
    ),
    "storefront-not-taken": (
        "Storefronts of this marketplace are not taken here.",
        "Write to the marketplace's complaint address.",
    ),
    "location-missing": ("The row does not say where the infringement is.", "Name title, image, goods or the like."),
    "right_type_not_taken_here": ("The marketplace takes no right of this type.", "Choose a right that it takes."),
    "not_registered_in_prc": ("This marketplace needs a right registered in the PRC.", "Choose such a right."),
    "hong_kong_or_macao_right": ("Rights of Hong Kong and Macao do not reach here.", "Choose a right of the PRC."),
    "not_of_the_sites_country": ("This site needs a right of its own country.", "Choose a right of that country."),
    "origin_not_in_berne_union": ("The work's country is not in the Berne Union.", "Choose another right."),
    "unknown_market": ("There is no such marketplace or country site.", "Check the address."),
}


def row_text(code: str, platform: str, url: str | None) -> tuple[str, str]:
    """What is wrong with a row and what would mend it; an address that is still at hand is told in particular."""
    if code in ROW_TEXTS:
        return ROW_TEXTS[code]
    found = recognize(url, platform) if url is not None else None
    if isinstance(found, AddressRefused):
        return found.message, found.mend
    return "The address is not that of a listing of this marketplace.", "Paste its exact link."
