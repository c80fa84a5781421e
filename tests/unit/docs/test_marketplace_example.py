"""The example consumer of the page for marketplaces, against the recorded example messages."""

import importlib.util
from pathlib import Path
from typing import Any

import orjson
import pytest

from deploy.docs.examples import example
from shared.contracts.complaints import takedowns
from shared.contracts.envelope import decode, read_data
from shared.contracts.marketplaces import acknowledgements

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "marketplace.py"
REMOVE, REINSTATE = takedowns.TOPIC.examples
LISTING = "taobao:item:520813250866"


@pytest.fixture
def marketplace() -> Any:
    spec = importlib.util.spec_from_file_location("marketplace_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _command(data: Any) -> dict[str, Any]:
    return example(takedowns.TOPIC, data).body


def _as_we_read_it(answer: dict[str, Any]) -> acknowledgements.Acknowledgement:
    envelope = decode(orjson.dumps(answer))
    return read_data(envelope, acknowledgements.TOPIC.by_type[envelope.type])  # type: ignore[return-value]


def test_a_removal_is_done_and_answered_in_our_contract(marketplace: Any, tmp_path: Path) -> None:
    shop, answered = marketplace.Shop(), marketplace.Answered(tmp_path / "commands.sqlite")
    answer = _as_we_read_it(marketplace.carry_out(shop, answered, _command(REMOVE)))
    assert isinstance(answer, acknowledgements.ListingRemoved)
    assert (answer.command_id, answer.listing_id) == (f"{LISTING}#1", LISTING)
    assert shop.down == {LISTING}


def test_a_reinstatement_puts_it_up_again(marketplace: Any, tmp_path: Path) -> None:
    shop, answered = marketplace.Shop(), marketplace.Answered(tmp_path / "commands.sqlite")
    marketplace.carry_out(shop, answered, _command(REMOVE))
    answer = _as_we_read_it(marketplace.carry_out(shop, answered, _command(REINSTATE)))
    assert isinstance(answer, acknowledgements.ListingReinstated)
    assert shop.down == set()


def test_a_repeat_does_nothing_and_gets_the_same_answer_after_a_restart_too(marketplace: Any, tmp_path: Path) -> None:
    kept = tmp_path / "commands.sqlite"
    first = marketplace.carry_out(marketplace.Shop(), marketplace.Answered(kept), _command(REMOVE))
    shop = marketplace.Shop()
    again = marketplace.carry_out(shop, marketplace.Answered(kept), _command(REMOVE))
    assert again == first
    assert shop.down == set()


def test_a_failure_is_told_with_its_cause(marketplace: Any, tmp_path: Path) -> None:
    class Closed(marketplace.Shop):  # type: ignore[misc]
        def take_down(self, listing_id: str) -> None:
            raise marketplace.ShopFailed("timeout")

    answered = marketplace.Answered(tmp_path / "commands.sqlite")
    answer = _as_we_read_it(marketplace.carry_out(Closed(), answered, _command(REMOVE)))
    assert isinstance(answer, acknowledgements.CommandFailed)
    assert answer.cause == "timeout"


def test_an_unknown_type_is_passed_over(marketplace: Any, tmp_path: Path) -> None:
    command = {**_command(REMOVE), "type": "ipp.takedowns.freeze"}
    answered = marketplace.Answered(tmp_path / "commands.sqlite")
    assert marketplace.carry_out(marketplace.Shop(), answered, command) is None
