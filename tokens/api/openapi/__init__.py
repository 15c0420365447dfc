"""The OpenAPI document: schemas made from the policy table, signing, examples, and what ninja leaves out."""
