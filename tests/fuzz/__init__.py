"""Nonsense at scale: no input gets a 500, whatever it is."""
