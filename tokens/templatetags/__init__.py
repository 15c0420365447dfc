"""Template filters of the tokens application."""
