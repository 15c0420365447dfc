"""SNWS2, SolarNetwork's own signing scheme (docs/snws2.md)."""
