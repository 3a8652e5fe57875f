"""The verbs of conversations: each one checks, writes, audits and emits in one transaction."""
