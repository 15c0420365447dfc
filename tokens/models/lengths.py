"""Lengths of columns that several models have."""

# Where a request came from, as far as it is kept: an address with an IPv6 zone, and the start of a `User-Agent`.
MAX_ADDRESS_LENGTH = 64
MAX_CLIENT_LENGTH = 200
# Who acted, for the audit trail: an email address at most.
MAX_ACTOR_LENGTH = 254
