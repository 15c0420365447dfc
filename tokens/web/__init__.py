"""Between HTTP and the domain: reading requests into domain values, and building responses that several edges share."""
