"""HTTP Message Signatures (RFC 9421) in the profile of SolarNetwork (docs/rfc9421.md)."""
