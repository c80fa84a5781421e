"""The composition root: which parts there are and who knows whom."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from services.complaints.bulk.api import BulkApi
from services.complaints.bulk.commands import BulkCommands
from services.complaints.bulk.filing import BatchFiling
from services.complaints.bulk.store import BULK, BulkQueries, Outcomes
from services.complaints.bulk.worker import BulkWorker
from services.complaints.cases.commands import Cases
from services.complaints.cases.reactions import Expiries, ServiceOfNotices
from services.complaints.cases.store import CASES
from services.complaints.counter.api import CounterApi
from services.complaints.disclosed.api import DisclosedApi
from services.complaints.erasure.holder import ComplaintsHolder
from services.complaints.erasure.reactions import CaseEnds
from services.complaints.erasure.store import ERASURES
from services.complaints.evidence.api import EvidenceApi
from services.complaints.evidence.commands import EvidenceFiles, FilesOf
from services.complaints.evidence.model import UseKind
from services.complaints.evidence.store import EVIDENCE, LooseFiles
from services.complaints.evidence.sweeper import Sweeper
from services.complaints.exports.api import ExportsApi
from services.complaints.exports.queries import ExportQueries
from services.complaints.intake.api import IntakeApi
from services.complaints.intake.commands import Intake
from services.complaints.intake.replicas import AccountReplica, RightReplica
from services.complaints.intake.store import SUBMISSIONS
from services.complaints.intake.unfinished import Unfinished
from services.complaints.measures.commands import Measures
from services.complaints.measures.reactions import Acknowledgements, Holds, MeasureNews
from services.complaints.measures.store import MEASURES
from services.complaints.operations import OPERATIONS
from services.complaints.places import region_of
from services.complaints.records.api import RecordsApi
from services.complaints.records.history.api import HistoryApi
from services.complaints.records.history.queries import Histories
from services.complaints.records.queries import CaseQueries
from services.complaints.retention import judges
from services.complaints.review.api import ReviewApi
from services.complaints.settings import Settings
from services.complaints.streams.deadlines import deadline_processor
from shared.disclosures import DisclosureLog
from shared.erasure import ErasureRecipient
from shared.policies.loading import load_policy_book
from shared.policies.retention_loading import load_retention_book
from shared.retention import AskedIdentity
from shared.runtime.assembly import Assembly, Background
from shared.runtime.foundation import foundation
from shared.runtime.process import ProcessRole


@asynccontextmanager
async def running(settings: Settings, roles: frozenset[ProcessRole]) -> AsyncIterator[Assembly]:
    """The service, until the block ends."""
    async with foundation("complaints", settings.surroundings, roles) as ground:
        book = load_policy_book()
        clock = ground.clock
        vault = await ground.vault(region_of)
        cases = Cases(await ground.repository(CASES), book, clock)
        measures = Measures(await ground.repository(MEASURES), book, clock)
        queries = CaseQueries(ground.database, clock)
        accounts = AccountReplica(ground.database)
        rights = RightReplica(ground.database)
        submissions = await ground.repository(SUBMISSIONS)
        unfinished = Unfinished(ground.database)
        holder = ComplaintsHolder(accounts, queries, vault)
        erasures = ErasureRecipient("complaints", await ground.repository(ERASURES), holder)
        loose = LooseFiles(ground.database)
        evidence = await ground.repository(EVIDENCE)
        files = EvidenceFiles(evidence, vault, await ground.files(), loose, book, clock)
        intake = Intake(submissions, cases, queries, accounts, rights, vault, book, clock, unfinished, files)
        bulk_queries, outcomes = BulkQueries(ground.database), Outcomes(ground.database)
        await outcomes.prepare()
        imports = await ground.repository(BULK)
        bulk = BulkCommands(imports, vault, book, clock)
        bulk_worker = BulkWorker(bulk, bulk_queries, outcomes, BatchFiling(intake, book, clock))
        kept_back = AskedIdentity(
            await ground.peers(), settings.surroundings.peers.get("identity", ""), accounts.replica
        )
        files_of: Mapping[UseKind, FilesOf] = {"submission": intake.files_of, "case": cases.files_of}
        sweeper = Sweeper(loose, files, files_of, clock, kept_back)
        disclosures = DisclosureLog(ground.database, clock)
        await disclosures.prepare()
        exports = ExportQueries(ground.database, vault, bulk, outcomes, disclosures)

        await ground.react(
            accounts.subscription(),
            rights.subscription(),
            Holds(measures).subscription(),
            Acknowledgements(measures).subscription(),
            MeasureNews(cases).subscription(),
            ServiceOfNotices(cases).subscription(),
            Expiries(cases, measures).subscription(),
            erasures.subscription(),
            CaseEnds(erasures).subscription(),
        )
        known = judges(evidence, imports, submissions, cases.repository)
        removals = await ground.retain(load_retention_book(), vault, known, kept_back)
        await ground.background(Background("intake-sweeper", intake.sweep))
        await ground.background(Background("evidence-sweeper", sweeper.run))
        await ground.background(Background("bulk-worker", bulk_worker.run))
        ground.assembly.watch("intake", backlog=intake.backlog)
        ground.assembly.watch("bulk", backlog=bulk_worker.backlog)
        await ground.stream(deadline_processor(clock, book.at(clock.now()).deadlines.expiry_grace))
        await ground.serve(
            (
                *IntakeApi(intake).routes(),
                *BulkApi(bulk, bulk_queries, outcomes, bulk_worker).routes(),
                *RecordsApi(cases, queries, book, clock).routes(),
                *HistoryApi(Histories(ground.database), book, clock).routes(),
                *ReviewApi(cases, queries).routes(),
                *CounterApi(cases, files, vault, clock).routes(),
                *EvidenceApi(cases, files, vault, disclosures).routes(),
                *ExportsApi(exports.entries, disclosures).routes(),
                *DisclosedApi(disclosures).routes(),
                *removals.routes(),
            ),
            OPERATIONS,
            "Takedown complaints: filed, decided, answered, explained.",
        )
        yield ground.assembly
