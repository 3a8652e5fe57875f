"""The verbs of accounts: each one checks, writes, audits and emits in one transaction."""
