"""The places of the vaults as kinds of data: the same codes as in the logs of disclosures, where both know a kind."""

import re

_KNOWN = {
    "account/email": "login-email",
    "account/phone": "phone",
    "account/password": "password",
    "account/email-code": "email-code",
    "identity/details": "identity-details",
    "identity/document": "identity-document",
    "contact/disclosed": "contact-disclosed",
    "contact/platform": "contact-owner",
    "right/registrant": "right-registrant",
    "right/brand": "right-brand",
    "right/document": "right-document",
    "staff/email": "staff-email",
    "staff/password": "staff-password",
    "incident/note": "incident-note",
}
_OF_CASES = {"counter": "counter-notification", "dispute": "statement"}
_NOT_IN_A_CODE = re.compile("[^a-z-]+")


def kind_of(place: str) -> str:
    """`taobao:case/IPP-…-001/supplement` is a `supplement`: what a place is of is said by its last word."""
    if place in _KNOWN:
        return _KNOWN[place]
    words = [word for word in place.partition(":")[2].split("/") if word] or place.split("/")
    last = next((word for word in reversed(words) if word.isascii() and word.islower()), "text")
    return _OF_CASES.get(last, _NOT_IN_A_CODE.sub("-", last).strip("-") or "text")
