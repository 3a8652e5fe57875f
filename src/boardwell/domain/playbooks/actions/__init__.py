"""The verbs of playbooks: each one checks, writes, audits and emits in one transaction."""
