"""The account's tokens as lists show them: which of them, in which order, and how many there are of each kind."""
