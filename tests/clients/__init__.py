"""Published clients against a running portal and a gateway in front of a service."""
