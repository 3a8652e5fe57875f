"""The customer, vendor or partner."""
