"""What SNWS2's clients get wrong."""
