"""The running portal, and a small upstream that echoes the request it received."""

from tests.running import portal

__all__ = ["portal"]
