"""One folder for each thing an onboarding can be made of; none knows another."""
