"""The files of `deploy/`, the Dockerfile and compose.yaml: used as far as a test machine can."""
