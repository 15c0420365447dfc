"""The SolarNet Portal project: settings, routes and entry points."""
