"""How accounts are kept: what they are found by, and one account for each e-mail and each subject."""

from collections.abc import Mapping
from typing import Any, get_args

from services.identity.accounts.model import Account, Event, evolve
from services.identity.accounts.publishing import publish
from shared.eventstore import AggregateType
from shared.mongo import IndexSpec
from shared.retention import reason_of

ONE_EMAIL = "one_email"
ONE_SUBJECT = "one_subject"


def _index(account: Account) -> Mapping[str, Any]:
    """A closed account holds neither its e-mail nor its subject any longer."""
    fields: dict[str, Any] = {"verification": account.verification}
    if account.queued_at is not None:
        fields["queued_at"] = account.queued_at
    if account.standing != "closed":
        fields["email"] = account.email_index
        if account.identity is not None:
            fields["subject"] = account.identity.subject_index
    if because := reason_of(bool(account.legal_holds), account.restricted):
        fields["kept_back"] = because
    return fields


ACCOUNTS: AggregateType[Account, Event] = AggregateType(
    kind="account",
    collection="accounts",
    state=Account,
    events=get_args(Event),
    evolve=evolve,
    publish=publish,
    index=_index,
    indexes=(
        IndexSpec(ONE_EMAIL, (("ix.email", 1),), unique=True, partial={"ix.email": {"$exists": True}}),
        IndexSpec(ONE_SUBJECT, (("ix.subject", 1),), unique=True, partial={"ix.subject": {"$exists": True}}),
        IndexSpec("kept_back", (("ix.kept_back", 1), ("_id", 1)), partial={"ix.kept_back": {"$exists": True}}),
        IndexSpec("queue", (("ix.queued_at", 1), ("_id", 1)), partial={"ix.queued_at": {"$exists": True}}),
    ),
)
