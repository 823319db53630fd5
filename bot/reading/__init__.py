"""What people type about a blocker, read: how long, whom it waits for, how bad, who has it.

`read` takes a whole line, `read_lead_time` a field that holds nothing but a time. English, German,
French and Spanish, mixed as people mix them. Pure: no clock, no database; the words are the YAML
tables in `lexicon/`. The rules are in `docs/reading.md`.
"""

from bot.reading.lead_time import LeadTime, find_lead_time, read_lead_time
from bot.reading.ranges import MONTH, YEAR, DayRange
from bot.reading.sentence import Reading, read

__all__ = [
    "MONTH",
    "YEAR",
    "DayRange",
    "LeadTime",
    "Reading",
    "find_lead_time",
    "read",
    "read_lead_time",
]
