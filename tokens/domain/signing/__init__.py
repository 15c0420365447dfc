"""Signing schemes. Each scheme is a module (`snws2`); `schemes` picks the one that an `Authorization` header names."""
