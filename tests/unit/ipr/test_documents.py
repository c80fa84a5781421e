"""Files of rights: told by their bytes, under their limit, with an ending that says the same."""

import pytest

from services.ipr.rights.documents import check_file, kind_of
from shared.httpkit import Upload
from shared.policies.loading import load_policy_book
from tests.support.certificates import BMP, GIF, JPG, PDF, PNG, TSA

LIMIT = load_policy_book().version("2026-01").files.rights
MIB = 1_048_576


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (GIF, "gif"),
        (JPG, "jpg"),
        (PNG, "png"),
        (BMP, "bmp"),
        (PDF, "pdf"),
        (TSA, "tsa"),
        (b"", None),
        (b"MZ\x90\x00", None),
        (b"<html>", None),
        (b"BM me later, please", None),
        (b"\x30\x82\x01\x00" + bytes(64), None),  # DER, but no time stamp
        (b"PK\x03\x04", None),
    ],
)
def test_a_file_is_what_its_bytes_say(content: bytes, kind: str | None) -> None:
    assert kind_of(content) == kind


def codes(filename: str, content: bytes) -> list[str]:
    return [each.code for each in check_file(Upload(filename, "image/png", content), LIMIT, "/certificate")]


@pytest.mark.parametrize(
    ("filename", "content"),
    [("a.gif", GIF), ("a.JPG", JPG), ("a.jpeg", JPG), ("a.png", PNG), ("a.bmp", BMP), ("a.pdf", PDF), ("a.tsa", TSA)],
)
def test_the_seven_formats_of_the_handbook(filename: str, content: bytes) -> None:
    assert codes(filename, content) == []


@pytest.mark.parametrize(
    ("filename", "content", "code"),
    [
        ("a.pdf", PNG, "document-ending-differs"),
        ("a", PNG, "document-ending-differs"),
        ("a.pdf.exe", PDF, "document-ending-differs"),
        ("a.png", b"MZ\x90\x00", "document-type-not-accepted"),
        ("a.png", b"", "document-type-not-accepted"),
    ],
)
def test_what_is_refused(filename: str, content: bytes, code: str) -> None:
    assert codes(filename, content) == [code]


def test_five_mebibytes_and_not_a_byte_more() -> None:
    assert codes("a.png", PNG + bytes(5 * MIB - len(PNG))) == []
    assert codes("a.png", PNG + bytes(5 * MIB - len(PNG) + 1)) == ["document-too-large"]
