"""Bad days that really happen here: killed processes, full disks, databases that go and come back, clocks that jump."""
