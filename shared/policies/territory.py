"""Where a right can be enforced (001, FAQ "What IPR can I enforce"; Lazada FAQs)."""

from collections.abc import Collection
from dataclasses import dataclass

from shared.policies.platforms import UnknownPlatformError
from shared.policies.policy import Policy

MAINLAND_CHINA = "CN"
HONG_KONG_AND_MACAO = frozenset({"HK", "MO"})

# Codes of `Enforceability`.
ENFORCEABLE = "enforceable"
UNKNOWN_MARKET = "unknown_market"
TYPE_NOT_TAKEN_HERE = "right_type_not_taken_here"
NOT_REGISTERED_IN_PRC = "not_registered_in_prc"
HONG_KONG_OR_MACAO_RIGHT = "hong_kong_or_macao_right"
NOT_OF_THE_SITES_COUNTRY = "not_of_the_sites_country"
ORIGIN_NOT_PROTECTED = "origin_not_in_berne_union"

# What `Enforceability.proofs` may ask for.
PROOF_OF_OWNERSHIP = "proof_of_ownership"


@dataclass(frozen=True, slots=True)
class Enforceability:
    """Whether a right can be enforced there, the code of the reason, and proofs needed beside its certificate."""

    allowed: bool
    code: str
    detail: str
    proofs: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed


def enforceable(
    policy: Policy,
    *,
    right_type: str,
    place: str,
    platform: str,
    site: str | None = None,
    madrid_designations: Collection[str] = (),
) -> Enforceability:
    """Whether this right can be the ground of a complaint on this platform or country site.

    place: ISO 3166 alpha-2 of the register, for copyright of the work's country of origin (the form's "Others" is
    stored with the actual country); madrid_designations: countries in which a Madrid mark is designated.
    """
    try:
        part = policy.for_platform(platform, site)
    except UnknownPlatformError as unknown:
        return Enforceability(False, UNKNOWN_MARKET, str(unknown))
    if right_type not in part.right_types:
        return Enforceability(False, TYPE_NOT_TAKEN_HERE, f"{platform} takes no right of the type {right_type}")
    if right_type == "copyright":
        return _copyright(policy, place, site)
    if part.territory == "worldwide":
        return Enforceability(True, ENFORCEABLE, "rights issued outside the PRC serve here too")
    wanted = MAINLAND_CHINA if part.territory == "prc" else str(site)
    if place == wanted:
        return Enforceability(True, ENFORCEABLE, f"registered in {wanted}")
    if right_type == "trademark" and wanted in madrid_designations:
        proof = policy.rights.national_office_proof.get(wanted)
        return Enforceability(True, ENFORCEABLE, f"Madrid registration designating {wanted}", (proof,) if proof else ())
    if part.territory == "site_country":
        return Enforceability(False, NOT_OF_THE_SITES_COUNTRY, f"a right of {wanted} is needed, this one is of {place}")
    if place in HONG_KONG_AND_MACAO:
        return Enforceability(False, HONG_KONG_OR_MACAO_RIGHT, "rights of Hong Kong and Macao do not reach here")
    return Enforceability(False, NOT_REGISTERED_IN_PRC, "trademarks and patents must be registered in the PRC")


def needs_evaluation_report(policy: Policy, *, patent_kind: str, place: str) -> bool:
    """Whether a patent needs CNIPA's evaluation report: by the patent's place and kind, never by the platform."""
    rights = policy.rights
    return place in rights.evaluation_report_places and patent_kind in rights.evaluation_report_kinds


def _copyright(policy: Policy, origin: str, site: str | None) -> Enforceability:
    """Works of any Berne country, registered or not, by the work's country of origin; Lazada asks for proof."""
    if origin not in policy.rights.copyright_origins:
        return Enforceability(False, ORIGIN_NOT_PROTECTED, f"{origin} is not in the Berne Union")
    proofs = (PROOF_OF_OWNERSHIP,) if site is not None and origin != site else ()
    return Enforceability(True, ENFORCEABLE, "the country of origin is in the Berne Union", proofs)
