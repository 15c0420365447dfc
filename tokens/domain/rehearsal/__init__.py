"""What an edit of a policy will mean, before it is saved: what becomes possible, and which past requests would be refused."""
