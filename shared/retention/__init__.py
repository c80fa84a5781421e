"""What is kept no longer than its rules say: each service gives the judges of its own places, the rest is here."""

from shared.retention.job import Preview, RetentionJob, retention_job
from shared.retention.keeping_back import AskedIdentity, KeptBack, NobodyKeptBack, reason_of
from shared.retention.ledger import Entry, Ledger, Line, Report
from shared.retention.old_entries import OldEntries
from shared.retention.standing import Judge, Judges, Standing, Traced, references, trace
from shared.retention.texts import Texts

__all__ = [
    "AskedIdentity",
    "Entry",
    "Judge",
    "Judges",
    "KeptBack",
    "Ledger",
    "Line",
    "NobodyKeptBack",
    "OldEntries",
    "Preview",
    "Report",
    "RetentionJob",
    "Standing",
    "Texts",
    "Traced",
    "reason_of",
    "references",
    "retention_job",
    "trace",
]
