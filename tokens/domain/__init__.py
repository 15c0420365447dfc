"""Pure rules: policies, signatures, credentials, decisions. No Django, no clock, no settings, no I/O."""
