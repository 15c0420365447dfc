"""The pages. Views guard, look up, call a service and respond; they decide nothing."""
