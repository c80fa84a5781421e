"""Alibaba.com: products by the number that ends the path, on the international and the language hosts."""

import re

from services.complaints.intake.addresses.rules import ITEM_NUMBER, STORE_NAME, Form, Market, kinds, patterns

_LANGUAGES = (
    *("arabic", "chinese", "dutch", "french", "german", "greek", "hebrew", "hindi", "indonesian", "italian"),
    *("japanese", "korean", "polish", "portuguese", "russian", "spanish", "thai", "turkish", "vietnamese"),
)
_WORLD_HOSTS = ("www.alibaba.com", "alibaba.com", "m.alibaba.com")
_LANGUAGE_HOSTS = (
    *(f"{language}.alibaba.com" for language in _LANGUAGES),
    *(f"m.{language}.alibaba.com" for language in _LANGUAGES),
)

ALIBABA = Market(
    platform="alibaba",
    site=None,
    name="Alibaba.com",
    domains=("alibaba.com",),
    forms=(
        Form(
            "item",
            (*_WORLD_HOSTS, *_LANGUAGE_HOSTS),
            re.compile(rf"/product-detail/[^/]*_(?P<n>{ITEM_NUMBER})\.html"),
            "/product-detail/Red-Running-Shoes-2024_{n}.html?spm=a2700.1",
        ),
        Form(
            "item",
            _LANGUAGE_HOSTS,
            re.compile(rf"/product-detail/(?:[^/]*-)?(?P<n>{ITEM_NUMBER})\.html"),
            "/product-detail/chaussures-rouges-{n}.html",
        ),
        Form(
            "item",
            ("m.alibaba.com",),
            re.compile(rf"/product/(?P<n>{ITEM_NUMBER})/[^/]+\.html"),
            "/product/{n}/red.html",
        ),
        Form(
            "item",
            ("{company}.en.alibaba.com", "{company}.m.en.alibaba.com"),
            re.compile(rf"/product/(?P<n>{ITEM_NUMBER})-[0-9]+/[^/]+\.html"),
            "/product/{n}-801234567/Red_Running_Shoes.html",
        ),
        Form(
            "storefront",
            ("{n}.en.alibaba.com", "{n}.m.en.alibaba.com"),
            re.compile(r"/?|/index\.html|/(?:company_profile|productlist|contactinfo)\.html"),
            "/company_profile.html?spm=1",
        ),
    ),
    canonical=kinds("https://www.alibaba.com/product-detail/item_{n}.html", "https://{n}.en.alibaba.com/"),
    numbers=patterns(ITEM_NUMBER, STORE_NAME),
    reserved=frozenset({"www", "m", "en"}),
    shortcuts=frozenset({"click.alibaba.com", "offer.alibaba.com"}),
)
