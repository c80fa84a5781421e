"""Which store the local stack runs on."""

import os
import sys
from pathlib import Path

import pytest

from deploy.local.mongo import StoreMissing, choose


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a PATH without the Rust store."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", os.defpath)
    return tmp_path / "ip-protection-platform"


@pytest.fixture
def built(cache: Path) -> Path:
    """The Rust store as `make store` leaves it."""
    program = cache / "bin" / "secantusd-rs"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    return program


def test_the_faster_store_is_taken_where_it_was_built(built: Path) -> None:
    assert choose({}) == ("rs", built)


@pytest.mark.usefixtures("cache")
def test_elsewhere_the_one_that_is_installed_serves() -> None:
    kind, program = choose({})

    assert kind == "py"
    assert program == Path(sys.executable).with_name("secantusd-py")


@pytest.mark.usefixtures("built")
def test_the_slower_one_can_be_forced() -> None:
    assert choose({"IPP_STORE": "py"})[0] == "py"


@pytest.mark.usefixtures("cache")
def test_a_wish_that_cannot_be_met_says_what_to_do() -> None:
    with pytest.raises(StoreMissing, match="make store"):
        choose({"IPP_STORE": "rs"})
    with pytest.raises(StoreMissing, match="rs or py"):
        choose({"IPP_STORE": "sqlite"})
