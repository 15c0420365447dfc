"""The lifecycle of a token: issuing, showing the secret once, editing, rotating, disabling and deleting it."""
