"""A request with many intricate rows does not keep the others waiting."""

import asyncio

from services.complaints.intake.commands import look_at


async def test_others_have_their_turn_while_many_addresses_are_looked_at() -> None:
    turns = 0
    looking = asyncio.create_task(look_at("taobao", [f"https://item.taobao.com/item.htm?id={n}" for n in range(50)]))
    while not looking.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 50
