"""What recognition gives back: the canonical identity of a listing, or the reason for which there is none."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["item", "storefront"]

_ID = re.compile(r"(?P<platform>[a-z0-9_]+)(?:\.(?P<site>[a-z]{2}))?:(?P<kind>item|storefront):(?P<number>[a-z0-9_-]+)")
# Platforms that number their items in one space: one number is one listing, whichever of them shows it.
_SHARED_NUMBERS = {"taobao": "tao", "tmall": "tao", "tmall_global": "tao"}


@dataclass(frozen=True, slots=True)
class ListingAddress:
    """A listing or storefront, canonical: the same for all forms of its address, and for ever.

    site: ISO 3166 alpha-2 code of the country site (Lazada), None elsewhere; number: what the marketplace calls
    it, decimal without leading zeros for an item, number or name in lower case for a storefront.
    """

    platform: str
    site: str | None
    kind: Kind
    number: str

    @property
    def id(self) -> str:
        """The key of the listing everywhere: `taobao:item:520813250866`, `lazada.sg:item:456`."""
        site = f".{self.site.lower()}" if self.site else ""
        return f"{self.platform}{site}:{self.kind}:{self.number}"

    @property
    def shared_id(self) -> str:
        """The same for one listing that several marketplaces show: Taobao, Tmall and Tmall Global number their
        items together, so `tao:item:1` there; elsewhere the id. For telling duplicates, not for commands."""
        space = _SHARED_NUMBERS.get(self.platform)
        return f"{space}:item:{self.number}" if space and self.kind == "item" else self.id

    @classmethod
    def parse(cls, listing_id: str) -> "ListingAddress":
        """The address of a canonical id; raises ValueError for anything else."""
        found = _ID.fullmatch(listing_id)
        if found is None:
            raise ValueError(f"{listing_id!r} is no canonical listing id")
        site = found["site"].upper() if found["site"] else None
        kind: Kind = "item" if found["kind"] == "item" else "storefront"
        return cls(found["platform"], site, kind, found["number"])


@dataclass(frozen=True, slots=True)
class AddressRefused:
    """Why an address is not taken.

    code: stable, kebab-case; message: what is wrong, for a person; mend: what would make it fit; platform, site:
    the marketplace that the address belongs to, where that is known.
    """

    code: str
    message: str
    mend: str
    platform: str | None = None
    site: str | None = None
