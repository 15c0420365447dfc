"""Pages about the whole account: its nodes, what happened, what wants looking at."""
