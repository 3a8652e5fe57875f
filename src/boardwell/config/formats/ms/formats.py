"""Days in Malay."""

DATE_FORMAT = "j F Y"
MONTH_DAY_FORMAT = "j F"
