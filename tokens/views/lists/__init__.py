"""The list of tokens, and what is done with several of them."""
