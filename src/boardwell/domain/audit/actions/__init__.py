"""The verbs of audit: each one checks, writes, audits and emits in one transaction."""
