"""Lazada: six country sites; an item is the number after `-i`, whatever the slug and the SKU after `-s`.

Numbers of different countries are different listings, since every store belongs to one country.
"""

import re

from services.complaints.intake.addresses.rules import ITEM_NUMBER, STORE_NAME, Form, Market, kinds, patterns

# A slug that itself ends like an item, `-i1-s2-i3.html`, could be read in two ways and is not taken.
_ITEM = re.compile(rf"/products/(?!.*-i[0-9]+-s[0-9]+-)(?:[^/]*-)?i(?P<n>{ITEM_NUMBER})(?:-s[0-9]{{1,19}})?\.html")
_COUNTRIES = (
    ("ID", "Indonesia", "lazada.co.id"),
    ("MY", "Malaysia", "lazada.com.my"),
    ("PH", "Philippines", "lazada.com.ph"),
    ("SG", "Singapore", "lazada.sg"),
    ("TH", "Thailand", "lazada.co.th"),
    ("VN", "Viet Nam", "lazada.vn"),
)


def _site(code: str, country: str, domain: str) -> Market:
    hosts = (f"www.{domain}", domain, f"m.{domain}")
    return Market(
        platform="lazada",
        site=code,
        name=f"Lazada {country}",
        domains=(domain,),
        forms=(
            Form("item", hosts, _ITEM, "/products/red-running-shoes-i{n}-s987654321.html?spm=a2o42.1&search=1"),
            Form("item", hosts, _ITEM, "/products/-i{n}.html"),
            Form("item", hosts, _ITEM, "/products/pdp-i{n}-s1.html"),
            Form("item", hosts, _ITEM, "/products/pdp-i{n}.html"),
            Form("item", hosts, _ITEM, "/products/i{n}-s1.html"),
            Form("storefront", hosts, re.compile(rf"/shop/(?P<n>{STORE_NAME})/?"), "/shop/{n}/?itemId=5"),
        ),
        canonical=kinds(f"https://www.{domain}/products/-i{{n}}.html", f"https://www.{domain}/shop/{{n}}/"),
        numbers=patterns(ITEM_NUMBER, STORE_NAME),
        shortcuts=frozenset({f"s.{domain}", f"c.{domain}", f"click.{domain}"}),
    )


SITES: tuple[Market, ...] = tuple(_site(*country) for country in _COUNTRIES)
