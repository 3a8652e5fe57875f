"""The text of a new playbook: the smallest one that is sound; pure."""

_TEXT = """\
boardwell: 1
key: {key}
title: {{en: New playbook}}
languages: [en]
roles:
  manager: {{side: ours, title: {{en: Onboarding manager}}}}
  customer: {{side: customer, title: {{en: Customer's lead}}}}
stages:
  - key: begin
    title: {{en: Begin}}
    steps:
      - key: welcome
        kind: task
        side: ours
        owner: manager
        title: {{en: Welcome the customer}}
        due: {{days: 1}}
"""


def starter(key: str) -> str:
    """A document with this key."""
    return _TEXT.format(key=key)
