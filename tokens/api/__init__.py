"""The HTTP API: SolarNetwork's own contract. `door` lets signed requests in, `calls` answers them."""
