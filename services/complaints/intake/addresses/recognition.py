"""From an address as it was pasted to the listing that it is, or to the reason why it is none."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NoReturn

import idna

from services.complaints.intake.addresses.address import AddressRefused, ListingAddress
from services.complaints.intake.addresses.marketplaces import ALL
from services.complaints.intake.addresses.parsing import PLAIN_LINK, Parts, RefusedError, parse, refuse
from services.complaints.intake.addresses.rules import Form, Market

MARKETS: Mapping[str, Market] = MappingProxyType(
    {f"{market.platform}.{market.site}" if market.site else market.platform: market for market in ALL}
)
_BY_HOST: dict[str, list[tuple[Market, Form]]] = {}
for _market in ALL:
    for _form in _market.forms:
        for _host in _form.hosts:
            if "{" not in _host:
                _BY_HOST.setdefault(_host, []).append((_market, _form))
_BY_PATTERN = [
    (market, form, market.host_patterns[host])
    for market in ALL
    for form in market.forms
    for host in form.hosts
    if "{" in host
]
_NAMED = {(market.platform, market.site) for market in ALL} | {(market.platform, None) for market in ALL}
_BRANDS = ("taobao", "tmall", "1688", "aliexpress", "alibaba", "lazada")
# Characters that pass for another at a glance, so that a look-alike is told from an unrelated page.
_GLANCE = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "i": "l", "-": "", "_": ""})


@lru_cache(maxsize=4096)
def recognize(url: str, platform: str | None = None, site: str | None = None) -> ListingAddress | AddressRefused:
    """The listing that an address is, on the marketplace named or on whichever it belongs to.

    platform, site: where the complaint is filed; an address of another marketplace is refused and says whose it is.
    Remembered for a while: filing asks several times about each row.
    """
    if platform is not None and (platform, site) not in _NAMED:
        named = platform if site is None else f"{platform} {site}"
        return AddressRefused("unknown-marketplace", f"{named} is no marketplace.", "Choose one of the seven.")
    try:
        market, address = _find(parse(url))
    except RefusedError as refused:
        return refused.refusal
    if (platform is not None and platform != address.platform) or (site is not None and site != address.site):
        return AddressRefused(
            "other-marketplace",
            f"This is a listing of {market.name}.",
            f"File it in a submission for {market.name}.",
            address.platform,
            address.site,
        )
    return address


def canonical_url(address: ListingAddress) -> str:
    """The one address to show for a listing; recognizing it gives the same listing."""
    name = f"{address.platform}.{address.site}" if address.site else address.platform
    return MARKETS[name].canonical[address.kind].replace("{n}", address.number)


def _find(parts: Parts) -> tuple[Market, ListingAddress]:
    if not parts.host.isascii():
        _refuse_foreign_letters(parts.host)
    market: Market | None = None
    for market, form, from_host in _forms_of(parts.host):
        found = form.path.fullmatch(parts.path)
        if found is None:
            continue
        number = from_host if from_host is not None else found.groupdict().get("n")
        if form.parameter is not None:
            number = _parameter(parts, form.parameter)
        if number is None or not market.numbers[form.kind].fullmatch(number):
            refuse("number-malformed", f"The number of the listing is missing or malformed: {(number or '')[:40]!r}.")
        return market, ListingAddress(market.platform, market.site, form.kind, number)
    raise RefusedError(_why_no_listing(parts.host, market))


def _forms_of(host: str) -> Iterator[tuple[Market, Form, str | None]]:
    """The forms that a host may have, exact hosts first; for storefronts named by the host, with that name."""
    for market, form in _BY_HOST.get(host, ()):
        yield market, form, None
    if host in _BY_HOST:
        return
    for market, form, pattern in _BY_PATTERN:
        found = pattern.fullmatch(host)
        if found is None:
            continue
        name = found.groupdict().get("n")
        if name not in market.reserved and host not in market.shortcuts:
            yield market, form, name


def _parameter(parts: Parts, name: str) -> str | None:
    """The one value of a parameter; two different ones could be read in two ways."""
    values = {value for key, value in parts.query if key == name}
    if len(values) > 1:
        refuse("number-ambiguous", f"The address gives two values for {name!r}.")
    return next(iter(values), None)


def _refuse_foreign_letters(host: str) -> NoReturn:
    """Host names of marketplaces are plain ASCII: whatever is not, only looks like one."""
    scripts = {_script(character) for character in host if character.isalpha()}
    try:
        plain = idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        plain = ""
    mend = (
        f"If you mean {plain}, give its address in plain letters."
        if _market_of(plain) and "xn--" not in plain
        else PLAIN_LINK
    )
    if len(scripts) > 1:
        mixed = ", ".join(sorted(scripts))
        refuse("mixed-scripts", f"The host mixes letters of several scripts ({mixed}).", mend)
    refuse("look-alike-host", "The host is written in letters that only look like a marketplace's name.", mend)


def _why_no_listing(host: str, market: Market | None) -> AddressRefused:
    owner = market or _market_of(host)
    if any(host in each.shortcuts for each in ALL):
        return AddressRefused("short-link", "This link leads on to another address and is not followed.", PLAIN_LINK)
    if owner is not None:
        message = f"This is a page of {owner.name}, but not the address of a listing or storefront."
        return AddressRefused("not-a-listing", message, PLAIN_LINK, owner.platform, owner.site)
    glance = host.translate(_GLANCE).replace("rn", "m").replace("vv", "w")
    if "xn--" in host or any(brand.translate(_GLANCE) in glance for brand in _BRANDS):
        message = f"{host} is not a marketplace's host, though it may look like one."
        return AddressRefused("look-alike-host", message, PLAIN_LINK)
    message = f"{host} is not one of the seven marketplaces."
    return AddressRefused("not-a-marketplace", message, "Check the address and the platform.")


def _market_of(host: str) -> Market | None:
    return next((market for market in ALL if market.owns(host)), None)


def _script(character: str) -> str:
    """The script of a letter by the first word of its Unicode name: LATIN, CYRILLIC, GREEK, CJK, FULLWIDTH, …"""
    return re.split(r"[ -]", unicodedata.name(character, "UNKNOWN"), maxsplit=1)[0]
