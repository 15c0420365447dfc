"""The pages. Views guard, look up, call a service and answer; they decide nothing."""
