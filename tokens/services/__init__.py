"""Everything that writes: one function for each change, with its transaction and its audit entry, for pages, API and commands."""
