"""Days in Mongolian: the year, the month in the genitive, then the day."""

DATE_FORMAT = "Y оны Fын j"
MONTH_DAY_FORMAT = "Fын j"
