"""AliExpress: one item number on all language and country hosts.

The site for the United States shows items under numbers of its own; whether one of them is the item of another
number cannot be known without a look-up, so they are taken as they are.
"""

import re

from services.complaints.intake.addresses.rules import ITEM_NUMBER, Form, Market, kinds, patterns

_LANGUAGES = (
    *("ar", "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja", "kk"),
    *("ko", "lt", "lv", "ms", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "th", "tr", "uk", "us"),
    *("uz", "vi"),
)
_HOSTS = (
    *("aliexpress.com", "www.aliexpress.com", "m.aliexpress.com", "best.aliexpress.com"),
    *("aliexpress.us", "www.aliexpress.us", "m.aliexpress.us"),
    *("aliexpress.ru", "www.aliexpress.ru", "m.aliexpress.ru"),
    *(f"{language}.aliexpress.com" for language in _LANGUAGES),
    *(f"m.{language}.aliexpress.com" for language in _LANGUAGES),
)

ALIEXPRESS = Market(
    platform="aliexpress",
    site=None,
    name="AliExpress",
    domains=("aliexpress.com", "aliexpress.us", "aliexpress.ru"),
    forms=(
        Form(
            "item",
            _HOSTS,
            re.compile(rf"(?:/s)?/item/(?:[^/]+/)?(?P<n>{ITEM_NUMBER})\.html"),
            "/item/{n}.html?spm=a2g0o.1&gatewayAdapt=glo2usa#nav-review",
        ),
        Form("item", _HOSTS, re.compile(rf"/i/(?P<n>{ITEM_NUMBER})\.html"), "/i/{n}.html?gatewayAdapt=4itemAdapt"),
        Form(
            "item",
            _HOSTS,
            re.compile(rf"/store/product/[^/]+/[0-9]+_(?P<n>{ITEM_NUMBER})\.html"),
            "/store/product/red-shoes/1234567_{n}.html",
        ),
        Form(
            "storefront",
            _HOSTS,
            re.compile(rf"/store/(?P<n>{ITEM_NUMBER})(?:/|/search|/pages/[a-z-]+\.html)?"),
            "/store/{n}?spm=1",
        ),
    ),
    canonical=kinds("https://www.aliexpress.com/item/{n}.html", "https://www.aliexpress.com/store/{n}"),
    numbers=patterns(ITEM_NUMBER, ITEM_NUMBER),
    shortcuts=frozenset({"a.aliexpress.com", "s.click.aliexpress.com", "star.aliexpress.com"}),
)
