"""Customers being onboarded, and their contacts."""
