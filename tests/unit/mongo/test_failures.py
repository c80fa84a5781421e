"""Which failures of a store may pass: those of its state, and none of what it was asked."""

from types import SimpleNamespace
from typing import Any

import pymongo.errors
import pytest

from shared.mongo import StoreUnavailable
from shared.mongo.database import Collection
from shared.mongo.operations import UpdateOne

_CHANGE = UpdateOne({"_id": 1}, {"$set": {"a": 1}})


def _refusing(problem: Exception) -> Collection:
    """A collection whose driver always fails in this way."""

    async def fails(*_: Any, **__: Any) -> None:
        raise problem

    return Collection(SimpleNamespace(bulk_write=fails, find_one=fails), "cases")


def _of_a_write(code: int) -> Exception:
    error = {"index": 0, "code": code, "errmsg": "told by the server"}
    details = {"writeErrors": [error], "writeConcernErrors": [], "nInserted": 0, "nMatched": 0}
    return pymongo.errors.BulkWriteError(details)


# 1: the engine has given up; 43: the server was started again between two batches; 14031: no room on the disk.
@pytest.mark.parametrize("code", [1, 43, 14031])
async def test_an_error_about_the_servers_state_may_pass(code: int) -> None:
    with pytest.raises(StoreUnavailable):
        await _refusing(pymongo.errors.OperationFailure("told by the server", code)).find_one({"_id": 1})
    with pytest.raises(StoreUnavailable):
        await _refusing(_of_a_write(code)).write([_CHANGE])


# 2: BadValue; 13: Unauthorized; 121: DocumentValidationFailure.
@pytest.mark.parametrize("code", [2, 13, 121])
async def test_an_error_about_what_was_asked_will_not_pass(code: int) -> None:
    with pytest.raises(pymongo.errors.OperationFailure):
        await _refusing(pymongo.errors.OperationFailure("told by the server", code)).find_one({"_id": 1})
    with pytest.raises(RuntimeError):
        await _refusing(_of_a_write(code)).write([_CHANGE])
