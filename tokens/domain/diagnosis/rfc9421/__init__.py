"""What clients of HTTP message signatures get wrong."""
