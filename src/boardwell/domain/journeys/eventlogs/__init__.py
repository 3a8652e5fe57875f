"""Event logs as process mining knows them, in and out: XES (IEEE 1849), OCEL 2.0 and CSV."""
