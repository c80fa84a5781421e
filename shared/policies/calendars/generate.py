"""Writes the calendar data files from the libraries that know them: `python -m shared.policies.calendars.generate`.

A development tool: the libraries (`chinesecalendar`, `holidays`) only generate and cross-check the data;
the platform itself reads the files. Run it after an upgrade of either, and read the difference: a file
that changed needs a higher version in `VERSION`.
"""

import json
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

YEARS = range(2016, 2027)
VERSION = "2026.1"
DATA = Path(__file__).parent / "data"

# The State Council's notice on each year's holidays, with the day on which it was announced.
PRC_NOTICES = {
    2016: ("2015-12-10", "国务院办公厅关于2016年部分节假日安排的通知"),
    2017: ("2016-12-01", "国务院办公厅关于2017年部分节假日安排的通知"),
    2018: ("2017-11-30", "国务院办公厅关于2018年部分节假日安排的通知"),
    2019: ("2018-12-06", "国务院办公厅关于2019年部分节假日安排的通知; 2019-03-22 (劳动节) 调整"),
    2020: ("2019-11-21", "国务院办公厅关于2020年部分节假日安排的通知; 2020-01-26 延长春节假期"),
    2021: ("2020-11-25", "国务院办公厅关于2021年部分节假日安排的通知"),
    2022: ("2021-10-25", "国务院办公厅关于2022年部分节假日安排的通知"),
    2023: ("2022-12-08", "国务院办公厅关于2023年部分节假日安排的通知"),
    2024: ("2023-10-25", "国务院办公厅关于2024年部分节假日安排的通知"),
    2025: ("2024-11-12", "国务院办公厅关于2025年部分节假日安排的通知"),
    2026: ("2025-11-04", "国务院办公厅关于2026年部分节假日安排的通知"),
}

# id, name, zone, code in `holidays`. Categories stay at the library's "public": nationwide public holidays,
# their substitutes and special non-working days. Collective leave (ID) and special working days (PH) are
# other categories there, states' holidays are subdivisions: neither is asked for, so neither counts.
COUNTRIES = (
    ("ID-PUBLIC", "Indonesia, nationwide public holidays", "Asia/Jakarta", "ID"),
    ("MY-PUBLIC", "Malaysia, nationwide public holidays", "Asia/Kuala_Lumpur", "MY"),
    ("PH-PUBLIC", "Philippines, regular holidays and special non-working days", "Asia/Manila", "PH"),
    ("SG-PUBLIC", "Singapore, public holidays", "Asia/Singapore", "SG"),
    ("TH-PUBLIC", "Thailand, public holidays", "Asia/Bangkok", "TH"),
    ("VN-PUBLIC", "Viet Nam, public holidays", "Asia/Ho_Chi_Minh", "VN"),
    ("US-FEDERAL", "United States, federal holidays", "America/New_York", "US"),
)
# Viet Nam's swaps of a working day against a Saturday are dispatched to the public sector only, so neither
# the day off nor the Saturday counts; the library marks the day off with this beginning.
PUBLIC_SECTOR_SWAP = "Day off (substituted from"
# When the library release behind these files came out: the day since when the data is known here.
LIBRARY_RELEASED = {"0.109": date(2026, 11, 17)}


def prc() -> dict[str, Any]:
    """The PRC's holidays and make-up working days, by chinesecalendar."""
    from chinese_calendar import constants  # a development dependency, wanted only when this runs

    return {
        "id": "CN-PRC",
        "version": VERSION,
        "name": "People's Republic of China, public holidays and working make-up days",
        "zone": "Asia/Shanghai",
        "years": [{"year": year, "published": PRC_NOTICES[year][0], "source": PRC_NOTICES[year][1]} for year in YEARS],
        "days_off": _of_years(constants.holidays),
        "working_dates": _of_years(constants.workdays),
    }


def country(calendar_id: str, name: str, zone: str, code: str) -> dict[str, Any]:
    """One country's nationwide public holidays, by holidays; refuses days that are only estimated."""
    import holidays  # a development dependency, wanted only when this runs

    release = version("holidays")
    if release not in LIBRARY_RELEASED:
        raise SystemExit(f"add the release day of holidays {release} to LIBRARY_RELEASED")
    days = holidays.country_holidays(code, years=YEARS, language="en_US")
    named = {day: text for day, text in days.items() if not text.startswith(PUBLIC_SECTOR_SWAP)}
    guessed = sorted(day for day, text in named.items() if "estimated" in text)
    if guessed:
        raise SystemExit(f"{calendar_id}: {guessed[0]} is an estimate, and nobody guesses")
    published = LIBRARY_RELEASED[release].isoformat()
    return {
        "id": calendar_id,
        "version": VERSION,
        "name": name,
        "zone": zone,
        "years": [{"year": year, "published": published, "source": f"holidays {release}"} for year in YEARS],
        "days_off": _of_years(named),
        "working_dates": {},
    }


def documents() -> dict[str, dict[str, Any]]:
    """Every calendar's document by file name."""
    made = [prc(), *(country(*row) for row in COUNTRIES)]
    return {f"{document['id'].lower()}.json": document for document in made}


def main() -> None:
    """Writes the files, each only where it differs."""
    DATA.mkdir(exist_ok=True)
    for name, document in documents().items():
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        path = DATA / name
        same = path.exists() and path.read_text(encoding="utf-8") == text
        if not same:
            path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{'unchanged' if same else 'written  '} {path.name}\n")


def _of_years(days: Any) -> dict[str, str]:
    return {day.isoformat(): text for day, text in sorted(days.items()) if day.year in YEARS}


if __name__ == "__main__":
    main()
