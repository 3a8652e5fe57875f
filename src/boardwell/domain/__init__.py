"""What is true, and what may happen to it: the verbs of onboarding."""
