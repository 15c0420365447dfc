"""What pages show: domain values told for people, shared by the views."""
