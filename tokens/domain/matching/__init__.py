"""Ant-style patterns and the automaton below them."""
