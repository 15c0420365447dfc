"""The signature debugger: why a pasted request is refused, and what its client signed instead."""
