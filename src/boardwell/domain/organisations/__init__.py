"""Our tenants: brand, calendars, languages, access."""
