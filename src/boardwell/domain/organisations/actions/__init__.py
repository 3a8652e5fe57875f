"""The verbs of organisations: each one checks, writes, audits and emits in one transaction."""
