"""Signing schemes. Each has a package (`snws2`); `schemes` finds the one that a request is signed with."""
