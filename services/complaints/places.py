"""Where in the vault complaints keeps its texts and files: the place names the platform, by which the region is
chosen."""

from shared.policies.platforms import PLATFORMS
from shared.vault import Region, region_of_account


def of_submission(platform: str, number: str) -> str:
    return f"{platform}:submission/{number}/evidence"


def of_case(platform: str, case_id: str, what: str) -> str:
    """what: `counter`, `dispute` or `supplement`."""
    return f"{platform}:case/{case_id}/{what}"


def of_file(platform: str, file_id: str) -> str:
    """A file of evidence: it is uploaded before it is known which submission it will belong to."""
    return f"{platform}:evidence/{file_id}"


def of_bulk(platform: str, import_id: str, batch: int) -> str:
    """Rows of a file that wait to be filed; `platform` stands for all whose data are kept in its region."""
    return f"{platform}:bulk/{import_id}/{batch}"


def region_of(subject: str, place: str) -> Region:
    """A case's data stay in China where the platform is operated there, and a mainland registrant's wherever they
    complain (DOMAIN, Accounts 9 and the conflicts: a foreign owner's case on a Chinese platform)."""
    return "cn" if PLATFORMS[place.partition(":")[0]].in_china else region_of_account(subject)
