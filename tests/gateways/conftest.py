"""The running portal, and a small upstream that tells what reached it."""

from tests.running import portal

__all__ = ["portal"]
