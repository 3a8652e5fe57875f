"""Approvals with a remark on refusal."""
