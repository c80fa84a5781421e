"""What the simulated people gave the platform in confidence, and a look at everything that it wrote in the open."""

from collections.abc import AsyncIterator, Mapping

from deploy.leaks import Leak, Look, metrics, records
from deploy.simulator import people
from deploy.simulator.contacts import merchant_email
from deploy.simulator.plan import Plan
from deploy.simulator.stage import Stage
from shared.mongo.raw import every_document

# Of a proof of identity: what the law of the place or a choice says, not the person.
_NOT_OF_A_PERSON = frozenset({"method", "country", "permanent", "corporate_name"})


def confided(plan: Plan, stage: Stage) -> dict[str, str | bytes]:
    """By name, everything personal or secret that went into the platform or came out of it."""
    found: dict[str, str | bytes] = {
        "operator's e-mail": people.OPERATOR,
        "operator's password": people.OPERATOR_PASSWORD,
        "evidence": people.EVIDENCE,
        "supplement": people.SUPPLEMENT,
        "statement": people.STATEMENT,
    }
    for number, account in enumerate(plan.accounts.values()):
        found[f"{account.key}: login e-mail"] = account.email
        found[f"{account.key}: password"] = account.password
        found[f"{account.key}: name"] = account.name
        contact = people.disclosed_contact(account)
        found |= {f"{account.key}: contact {name}": value for name, value in contact.items()}
        details, parts = people.identity(account, number + 1)
        found |= {f"{account.key}: {name}": str(details[name]) for name in details.keys() - _NOT_OF_A_PERSON}
        found |= {f"{account.key}: image {part.name}": part.content for part in parts}
    for number, right in enumerate(plan.rights.values()):
        found[f"{right.key}: registrant"] = right.registrant
        found |= {f"{right.key}: {part.name}": part.content for part in people.right(right, number)[1]}
    for merchant in plan.merchants().values():
        found[f"{merchant}: e-mail"] = merchant_email(merchant)
    for mail in stage.mailbox.mails:
        found[f"to {mail.to}"] = mail.to
        if mail.token:
            found[f"{mail.case_id}: the merchant's link"] = mail.token
    return found


async def found_in_the_open(stage: Stage, values: Mapping[str, str | bytes]) -> tuple[list[Leak], int]:
    """Which of the values are on topics, in logs and metrics or plain in the stores; how many pieces were looked at."""
    look = Look(values)
    async for place, content in _written(stage):
        look.at(place, content)
    return look.end(), look.pieces


async def _written(stage: Stage) -> AsyncIterator[tuple[str, bytes]]:
    async for place, content in records(stage.stack.kafka_bootstrap, stage.topics):
        yield f"topic {place}", content
    mine = f"{stage.scene.database_prefix}_"
    async for place, content in every_document(stage.stack.mongo_url, lambda name: name.startswith(mine)):
        yield f"store {place}", content
    async for place, content in metrics(stage.addresses):
        yield f"metrics {place}", content
    for log in sorted((stage.scene.files / "logs").glob("*.log")):
        with log.open("rb") as file:
            for line in file:
                yield f"log {log.name}", line
