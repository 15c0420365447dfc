"""Token identifiers and private passwords: how they are made and sealed."""
