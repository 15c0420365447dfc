"""Looking after tokens that exist: a later expiry, what wants looking at, and what to do about a leak."""
