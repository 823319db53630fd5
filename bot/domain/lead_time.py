"""Lead times, as the domain's modules import them; the reading is in `bot.reading`."""

from bot.reading.lead_time import LeadTime, find_lead_time, read_lead_time
from bot.reading.ranges import LONGEST, MONTH, YEAR, DayRange

__all__ = ["LONGEST", "MONTH", "YEAR", "DayRange", "LeadTime", "find_lead_time", "read_lead_time"]
