"""Signed requests: judging them, recording their use, and the changes that they make."""
