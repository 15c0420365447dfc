"""The commands of `manage.py`, and what they share: reading input, tables, JSON and exit codes."""
