"""Days in English, the same in every country."""

DATE_FORMAT = "j F Y"
MONTH_DAY_FORMAT = "j F"
