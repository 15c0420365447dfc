"""Private passwords that turned up somewhere: whose they are, and what a report of one does."""
