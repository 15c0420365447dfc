"""Between HTTP and the domain: what a request says becomes domain values, and answers take their shape."""
