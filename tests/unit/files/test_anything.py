"""Whatever the bytes: the inspection answers, and what it holds meanwhile is bounded."""

import tracemalloc

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.files.inspection import inspect
from shared.files.kinds import kind_of
from shared.files.verdict import MENDS, Accepted, Refused, Verdict
from shared.policies.loading import load_policy_book
from tests.support.certificates import BMP, GIF, JPG, PDF, PNG, TSA
from tests.support.files import payloads
from tests.support.files.benign_documents import canvas, signed
from tests.support.files.drawing import png
from tests.support.files.photos import exif, film, motion_photo, multi_picture, photo, samsung

LIMIT = load_policy_book().version("2026-01").files.rights
MOST_BYTES = 64 * 1_048_576
"""Of Python's own objects, for files of some KB; the decoders' memory is measured in test_memory."""

KINDS = ("jpg", "png", "gif", "bmp", "pdf", "tsa")
SEEDS = (
    GIF,
    JPG,
    PNG,
    BMP,
    PDF,
    TSA,
    png(depth=16, colour=6),
    photo(64, 48, exif=exif(gps=True), progressive=True),
    motion_photo(photo(32, 32), film(200)),
    multi_picture(photo(32, 32), photo(16, 16)),
    samsung(photo(32, 32), (0x0A01, b"Image_UTC_Data", b"1")),
    canvas(lambda sheet: sheet.drawString(72, 720, "printed")),
    signed(),
)
STRANGERS = (payloads.archive(), payloads.PHP, payloads.HTML, PDF, PNG, bytes(64))
FLIP = st.tuples(st.integers(0, 1 << 20), st.integers(1, 255))
quickly = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def answered(content: bytes, kind: str) -> Verdict:
    tracemalloc.start()
    try:
        verdict = inspect(content, f"a.{kind}", LIMIT)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_BYTES
    if isinstance(verdict, Refused):
        assert verdict.findings
        assert set(verdict.codes) <= set(MENDS)
    else:
        assert isinstance(verdict, Accepted)
        assert verdict.kind == kind_of(content) == kind
    return verdict


@quickly
@given(st.binary(max_size=5000), st.sampled_from(KINDS))
def test_bytes_of_no_meaning(content: bytes, kind: str) -> None:
    answered(content, kind)


@quickly
@given(st.sampled_from(SEEDS), st.binary(max_size=3000), st.sampled_from(KINDS))
def test_the_beginning_of_a_file_and_then_anything(seed: bytes, rest: bytes, kind: str) -> None:
    answered(seed[:16] + rest, kind)


@quickly
@given(
    st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(1, 255)), min_size=1, max_size=20)
)
def test_a_file_with_flipped_bytes(seed: bytes, flips: list[tuple[int, int]]) -> None:
    bent = bytearray(seed)
    for at, by in flips:
        bent[at % len(bent)] ^= by
    answered(bytes(bent), kind_of(seed) or "")


@quickly
@given(st.sampled_from(SEEDS), st.floats(0, 1), st.floats(0, 1))
def test_a_file_with_a_piece_cut_out(seed: bytes, one: float, other: float) -> None:
    start, end = sorted((int(one * len(seed)), int(other * len(seed))))
    answered(seed[:start] + seed[end:], kind_of(seed) or "")


@quickly
@given(st.sampled_from(SEEDS), st.sampled_from(SEEDS + STRANGERS), st.floats(0, 1), st.floats(0, 1))
def test_two_files_spliced(seed: bytes, other: bytes, at: float, start: float) -> None:
    place = int(at * len(seed))
    answered(seed[:place] + other[int(start * len(other)) :] + seed[place:], kind_of(seed) or "")


@quickly
@given(st.sampled_from(SEEDS), st.sampled_from(SEEDS[6:] + STRANGERS[:5]))
def test_a_file_behind_a_file_is_never_taken(seed: bytes, other: bytes) -> None:
    assert isinstance(answered(seed + other, kind_of(seed) or ""), Refused)
