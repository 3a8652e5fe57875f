"""No business words below this line: ids, clock, errors, tenancy, events, background tasks, outgoing calls, files."""
