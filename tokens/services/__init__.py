"""The writing acts: one act, one function, one transaction, one audit entry; the same for page, API, admin and command."""
