"""What operators ask a running portal: whether it lives and is ready, and a line for each request."""
