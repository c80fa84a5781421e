"""The shape of a marketplace's rules: which hosts, paths and parameters are addresses of one listing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from services.complaints.intake.addresses.address import Kind

ITEM_NUMBER = r"[1-9][0-9]{0,18}"  # no leading zeros: each number has one spelling
STORE_NAME = r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"  # one plain label of a host name


@dataclass(frozen=True, slots=True)
class Form:
    """One form of address.

    hosts: exact host names; a name may hold `{n}`, the number or name of the storefront, or `{company}`, a label that
    says nothing. path: must match the whole path; its group `n` is the number, unless `parameter` names the query
    parameter that holds it. sample: a path and query that must be recognized on every host, `{n}` for the number.
    """

    kind: Kind
    hosts: tuple[str, ...]
    path: re.Pattern[str]
    sample: str
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """The rules of one marketplace, or of one country site of it.

    domains: every host below them is this marketplace's, though not every page a listing. canonical: the address to
    show for a kind, `{n}` for the number. numbers: what a number of a kind looks like. reserved: names that are the
    marketplace's own pages and no storefront. shortcuts: hosts whose links lead elsewhere and are not followed.
    """

    platform: str
    site: str | None
    name: str
    domains: tuple[str, ...]
    forms: tuple[Form, ...]
    canonical: Mapping[Kind, str]
    numbers: Mapping[Kind, re.Pattern[str]]
    reserved: frozenset[str] = frozenset()
    shortcuts: frozenset[str] = frozenset()
    host_patterns: Mapping[str, re.Pattern[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        patterns = {host: self._pattern(form.kind, host) for form in self.forms for host in form.hosts if "{" in host}
        object.__setattr__(self, "host_patterns", MappingProxyType(patterns))

    def _pattern(self, kind: Kind, host: str) -> re.Pattern[str]:
        fixed = re.escape(host).replace(r"\{n\}", f"(?P<n>{self.numbers[kind].pattern})")
        return re.compile(fixed.replace(r"\{company\}", STORE_NAME))

    def owns(self, host: str) -> bool:
        """Whether the host is one of this marketplace's, listing or not."""
        return any(host == domain or host.endswith(f".{domain}") for domain in self.domains)


def kinds(item: str, storefront: str) -> Mapping[Kind, str]:
    """One text for items and one for storefronts."""
    return MappingProxyType({"item": item, "storefront": storefront})


def patterns(item: str, storefront: str) -> Mapping[Kind, re.Pattern[str]]:
    """What numbers of items and of storefronts look like."""
    return MappingProxyType({"item": re.compile(item), "storefront": re.compile(storefront)})


def names(text: str) -> frozenset[str]:
    """A set of names written as words."""
    return frozenset(text.split())
