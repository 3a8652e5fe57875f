"""The reusable, versioned plan as one YAML document."""
