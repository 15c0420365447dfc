"""Static files: which are collected, and what is put together on the way."""
