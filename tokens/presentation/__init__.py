"""What pages show: domain values prepared for people, shared by the views."""
