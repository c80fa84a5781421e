"""Tokens: what is accepted, what is refused and by which code, what happens while an issuer is down."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.access import ANONYMOUS, Actor, KeysUnavailable, Role, Signer, Unauthenticated, Verifier, may
from shared.access.verifier import LEEWAY_S, REFRESH_INTERVAL_S

ACTOR = Actor("acc-intl-1", frozenset({Role.COMPLAINANT}), "acc-intl-1", frozenset({"case:IPP-1-001"}))
NOW = 1_800_000_000.0


class Issuer:
    """An issuer's key set behind HTTP, which can go down."""

    def __init__(self, signer: Signer) -> None:
        self.signer = signer
        self.down = False
        self.asked = 0

    async def fetch(self, url: str) -> Mapping[str, Any]:
        self.asked += 1
        if self.down:
            raise OSError("connection refused")
        return self.signer.key_set()


class Seconds:
    def __init__(self) -> None:
        self.value = 0.0

    def __call__(self) -> float:
        return self.value


class MemoryCache:
    def __init__(self) -> None:
        self.kept: dict[str, Mapping[str, Any]] = {}

    async def load(self, issuer: str) -> Mapping[str, Any] | None:
        return self.kept.get(issuer)

    async def save(self, issuer: str, key_set: Mapping[str, Any]) -> None:
        self.kept[issuer] = key_set


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.from_file("identity", tmp_path / "key.pem", now=lambda: NOW)


def verifier(issuer: Issuer, seconds: Seconds | None = None, **more: Any) -> Verifier:
    return Verifier(
        {"identity": "http://identity/jwks.json"},
        "ipp",
        fetch=issuer.fetch,
        now=more.pop("now", lambda: NOW),
        monotonic=seconds or Seconds(),
        **more,
    )


async def code_of(checked: Verifier, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await checked.authenticate(token)
    return refused.value.code


async def test_a_good_token_names_its_actor(signer: Signer) -> None:
    assert await verifier(Issuer(signer)).authenticate(signer.issue(ACTOR, "ipp", 60)) == ACTOR
    assert ACTOR.scoped_to("case") == {"IPP-1-001"}


async def test_an_expired_token_is_refused(signer: Signer) -> None:
    checked = verifier(Issuer(signer), now=lambda: NOW + 66)  # 60 s of life, 5 s of leeway
    assert await code_of(checked, signer.issue(ACTOR, "ipp", 60)) == "token-expired"


async def test_a_token_for_another_audience_is_refused(signer: Signer) -> None:
    assert await code_of(verifier(Issuer(signer)), signer.issue(ACTOR, "elsewhere", 60)) == "token-audience"


async def test_a_token_of_another_issuer_is_refused(signer: Signer, tmp_path: Path) -> None:
    stranger = Signer.from_file("stranger", tmp_path / "other.pem")
    assert await code_of(verifier(Issuer(signer)), stranger.issue(ACTOR, "ipp", 60)) == "token-issuer"


async def test_a_key_that_the_issuer_does_not_publish_is_refused(signer: Signer, tmp_path: Path) -> None:
    forger = Signer.from_file("identity", tmp_path / "other.pem")
    assert await code_of(verifier(Issuer(signer)), forger.issue(ACTOR, "ipp", 60)) == "token-key"


async def test_a_changed_token_and_an_unsigned_one_are_refused(signer: Signer) -> None:
    token = signer.issue(ACTOR, "ipp", 60)
    head, body, signature = token.split(".")
    flipped = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    assert await code_of(verifier(Issuer(signer)), f"{head}.{body}.{flipped}") == "token-invalid"
    assert await code_of(verifier(Issuer(signer)), "not-a-token") == "token-invalid"
    unsigned = "eyJhbGciOiJub25lIn0." + body + "."
    assert await code_of(verifier(Issuer(signer)), unsigned) == "token-invalid"


async def test_an_issuer_grants_only_the_roles_that_are_its_to_grant(signer: Signer) -> None:
    narrow = verifier(Issuer(signer), grants={"identity": frozenset({Role.MERCHANT})})
    reviewer = Actor("staff-1", frozenset({Role.REVIEWER, Role.MERCHANT}))
    actor = await narrow.authenticate(signer.issue(reviewer, "ipp", 60))
    assert actor.roles == {Role.MERCHANT}


async def test_unknown_keys_do_not_make_us_ask_without_end(signer: Signer, tmp_path: Path) -> None:
    issuer, seconds = Issuer(signer), Seconds()
    checked = verifier(issuer, seconds)
    forger = Signer.from_file("identity", tmp_path / "other.pem")
    for _ in range(10):
        assert await code_of(checked, forger.issue(ACTOR, "ipp", 60)) == "token-key"
    assert issuer.asked == 1


async def test_a_new_key_is_learned(signer: Signer, tmp_path: Path) -> None:
    issuer, seconds = Issuer(signer), Seconds()
    checked = verifier(issuer, seconds)
    await checked.authenticate(signer.issue(ACTOR, "ipp", 60))
    issuer.signer = Signer.from_file("identity", tmp_path / "rotated.pem", now=lambda: NOW)
    seconds.value = 6.0
    assert await checked.authenticate(issuer.signer.issue(ACTOR, "ipp", 60)) == ACTOR


async def test_known_keys_go_on_counting_while_the_issuer_is_down(signer: Signer) -> None:
    issuer, seconds = Issuer(signer), Seconds()
    checked = verifier(issuer, seconds)
    token = signer.issue(ACTOR, "ipp", 60)
    await checked.authenticate(token)
    issuer.down, seconds.value = True, 10_000.0
    assert await checked.authenticate(token) == ACTOR
    assert issuer.asked == 2


async def test_keys_kept_over_a_restart_do_too(signer: Signer) -> None:
    issuer, cache = Issuer(signer), MemoryCache()
    token = signer.issue(ACTOR, "ipp", 60)
    await verifier(issuer, cache=cache).authenticate(token)
    issuer.down = True
    assert await verifier(issuer, cache=cache).authenticate(token) == ACTOR


async def test_without_any_keys_the_answer_is_try_again(signer: Signer) -> None:
    issuer = Issuer(signer)
    issuer.down = True
    with pytest.raises(KeysUnavailable):
        await verifier(issuer).authenticate(signer.issue(ACTOR, "ipp", 60))


def test_the_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "signing.pem"
    first = Signer.from_file("identity", path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Signer.from_file("identity", path).key_id == first.key_id
    assert "d" not in first.key_set()["keys"][0]  # the private part


def test_unknown_operation_or_role_is_denied() -> None:
    operations = {"decide": frozenset({Role.REVIEWER})}
    reviewer = Actor("staff-1", frozenset({Role.REVIEWER}))
    assert may(reviewer, "decide", operations)
    assert not may(reviewer, "unheard-of", operations)
    assert not may(ACTOR, "decide", operations)
    assert not may(ANONYMOUS, "decide", operations)


async def test_a_known_key_does_not_wait_for_the_fetch_of_a_made_up_one(signer: Signer, tmp_path: Path) -> None:
    issuer, seconds, hangs = Issuer(signer), Seconds(), asyncio.Event()
    checked = verifier(issuer, seconds)
    assert await checked.authenticate(signer.issue(ACTOR, "ipp", 60)) == ACTOR
    asked = asyncio.Event()

    async def fetch(url: str) -> Mapping[str, Any]:
        asked.set()
        await hangs.wait()
        return await issuer.fetch(url)

    checked.fetch = fetch
    seconds.value = 60.0
    made_up = Signer.from_file("identity", tmp_path / "other.pem", now=lambda: NOW).issue(ACTOR, "ipp", 60)
    guess = asyncio.create_task(code_of(checked, made_up))
    await asked.wait()
    assert await asyncio.wait_for(checked.authenticate(signer.issue(ACTOR, "ipp", 60)), 1) == ACTOR
    hangs.set()
    assert await guess == "token-key"


async def test_a_token_that_was_checked_is_not_checked_again_until_its_issuers_keys_change(tmp_path: Path) -> None:
    signer = Signer.from_file("identity", tmp_path / "a.pem", now=lambda: NOW)
    issuer, seconds = Issuer(signer), Seconds()
    checking = verifier(issuer, seconds)
    token = signer.issue(ACTOR, "ipp", 3600)
    assert await checking.authenticate(token) is await checking.authenticate(token)

    issuer.signer = Signer.from_file("identity", tmp_path / "b.pem", now=lambda: NOW)  # the old key is withdrawn
    seconds.value += REFRESH_INTERVAL_S
    with pytest.raises(Unauthenticated) as refused:
        await checking.authenticate(token)
    assert refused.value.code == "token-key"


async def test_a_token_that_was_checked_ends_when_it_says(signer: Signer) -> None:
    wall = Seconds()
    wall.value = NOW
    checking = verifier(Issuer(signer), now=wall)
    token = signer.issue(ACTOR, "ipp", 60)
    await checking.authenticate(token)
    wall.value = NOW + 59
    await checking.authenticate(token)
    wall.value = NOW + 60 + LEEWAY_S + 1
    with pytest.raises(Unauthenticated) as refused:
        await checking.authenticate(token)
    assert refused.value.code == "token-expired"


async def test_a_token_for_another_audience_or_one_changed_by_a_letter_is_not_taken_for_one_that_was_checked(
    signer: Signer,
) -> None:
    checking = verifier(Issuer(signer))
    token = signer.issue(ACTOR, "ipp", 3600)
    await checking.authenticate(token)
    for other in (signer.issue(ACTOR, "elsewhere", 3600), token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]):
        with pytest.raises(Unauthenticated):
            await checking.authenticate(other)


async def test_only_so_many_tokens_are_remembered(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.access.verifier.REMEMBERED_TOKENS", 2)
    checking = verifier(Issuer(signer))
    tokens = [signer.issue(ACTOR, "ipp", 3600) for _ in range(3)]
    actors = [await checking.authenticate(token) for token in tokens]
    assert await checking.authenticate(tokens[2]) is actors[2]
    assert await checking.authenticate(tokens[0]) is not actors[0]
