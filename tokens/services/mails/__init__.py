"""Mails to owners: which kinds there are, queueing them with the change, finding what is due, sending each once."""
