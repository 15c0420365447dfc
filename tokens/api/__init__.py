"""The HTTP API, in SolarNetwork's own contract: `authentication` checks the signed requests, `endpoints` handles them."""
