"""Days in Azerbaijani: the day, the month in small letters, the year."""

DATE_FORMAT = "j F Y"
MONTH_DAY_FORMAT = "j F"
