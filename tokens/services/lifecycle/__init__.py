"""A token's life: issued, shown once, edited, rotated, disabled, deleted."""
