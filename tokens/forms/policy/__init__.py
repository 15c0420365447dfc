"""The form that makes and edits a token: the policy table as fields, their layout, and what fills them in."""
