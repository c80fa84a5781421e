"""What looks like a person's data is found, what only resembles it is not."""

import pytest

from deploy.leaks import shapes

# The identity number is the example of GB 11643-1999.
PERSONAL = {
    "an e-mail address": ["alice@brand.example", '{"to":"a.b+c@mail.brand.example"}', "<Legal@ACME.EXAMPLE>"],
    "a resident's identity number": ["11010519491231002X", "id=11010519491231002x."],
    "a phone number": ["+86 571 8502 2088", '"+8657185022088"', "tel: +1 (212) 555-0100,"],
}
NOT = [
    "h.dlq.v1@0",
    "topic@partition",
    "@dataclass.example",
    "110105194912310021",  # its last digit is wrong
    "x11010519491231002Xy",
    "2026-03-02T10:00:00+08:00",
    "+08:00",
    "1e+10",
    "AAA+12345678901/",
]


@pytest.mark.parametrize(("what", "text"), [(what, text) for what, texts in PERSONAL.items() for text in texts])
def test_what_looks_like_somebodys_is_found(what: str, text: str) -> None:
    assert [shape.what for shape in shapes(text.encode())] == [what]


@pytest.mark.parametrize("text", NOT)
def test_what_only_resembles_it_is_not(text: str) -> None:
    assert list(shapes(text.encode())) == []


@pytest.mark.parametrize("text", [text for texts in PERSONAL.values() for text in texts])
def test_what_is_told_of_it_does_not_give_it_away(text: str) -> None:
    [shape] = shapes(text.encode())
    assert shape.text not in shape.veiled
    assert len(shape.veiled) <= 11
