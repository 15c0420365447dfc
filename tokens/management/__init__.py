"""The commands of `manage.py`, and what they share: parsing input, tables, JSON and exit codes."""
