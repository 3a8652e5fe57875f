"""One account's run of a playbook: the engine and its verbs."""
