"""The design system as data and as a page (docs/design.md)."""
