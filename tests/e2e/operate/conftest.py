"""One running platform for all tests of an operator's commands, and a way to call them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.main import app
from deploy.cli.platform import UP
from tests.support.standing import Standing, standing

Ipp = Callable[..., Result]


@pytest.fixture(scope="session")
def platform_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operate")


@pytest.fixture(scope="session")
def platform(platform_folder: Path) -> Iterator[Standing]:
    """Seven complaints have come to their ends on it. Its services log all that they ever log."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPP_LOG_LEVEL", "DEBUG")
        with standing(platform_folder / UP, complaints=7, seed=4) as running:
            yield running


@pytest.fixture
def ipp(platform: Standing, platform_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Ipp:
    """`ipp("lag", "--json")` as if called where the platform runs."""
    for name in ("KAFKA_BOOTSTRAP", "MONGO_URL", "MONGO_URL_CN", "DATABASE_PREFIX", "CLOCK_FILE", "STATE_FOLDER"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"IPP_{name}", raising=False)
    monkeypatch.chdir(platform_folder)
    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments])
