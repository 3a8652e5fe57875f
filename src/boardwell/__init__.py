"""Boardwell: self-hosted customer onboarding."""
