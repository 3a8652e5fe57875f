"""The verbs of vault: each one checks, writes, audits and emits in one transaction."""
