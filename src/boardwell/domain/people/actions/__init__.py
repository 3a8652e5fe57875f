"""The verbs of people: each one checks, writes, audits and emits in one transaction."""
