"""What keeps an account its owner's: sessions, second factors, and proofs of identity."""
