"""Security policies: the policy table, reading, comparing and wording them."""
