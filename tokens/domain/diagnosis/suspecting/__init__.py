"""What clients do otherwise than a signing scheme says, whichever it is."""
