"""The HTTP API, in SolarNetwork's own contract: `authentication` checks signed requests, `endpoints` answers them."""
