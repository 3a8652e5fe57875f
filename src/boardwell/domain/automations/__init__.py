"""When, if, then: rules over what happens, run by the house itself, each firing written down."""
