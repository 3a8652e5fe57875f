"""The verbs of journeys: each one checks, writes, audits and emits in one transaction."""
