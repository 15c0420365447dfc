"""The pages that answer a question and change nothing."""
