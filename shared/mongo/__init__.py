"""The store's wire protocol behind one door: the only place that imports its driver."""

from shared.mongo.database import Database, connect
from shared.mongo.operations import (
    DeleteOne,
    Document,
    IndexSpec,
    InsertOne,
    Operation,
    StoreUnavailable,
    UniqueViolation,
    UpdateOne,
    WriteReport,
)

__all__ = [
    "Database",
    "DeleteOne",
    "Document",
    "IndexSpec",
    "InsertOne",
    "Operation",
    "StoreUnavailable",
    "UniqueViolation",
    "UpdateOne",
    "WriteReport",
    "connect",
]
