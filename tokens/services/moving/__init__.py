"""Moving tokens in from another system, and out to one."""
