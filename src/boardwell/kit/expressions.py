"""Conditions, checks and calculations over answers and facts, in the language of the playbook's conditions."""

from boardwell.domain.playbooks.conditions import TODAY, Condition, ConditionError, compile_expression

__all__ = ["TODAY", "Condition", "ConditionError", "compile_expression"]
