"""`manage.py token import` and `export`: tokens as lines of JSON, encrypted with a passphrase where secrets are in them."""
