"""What a person pastes, as a log, a browser or curl prints it, read as a request."""
