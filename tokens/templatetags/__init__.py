"""What templates ask for themselves."""
