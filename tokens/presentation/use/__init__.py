"""A token's use as pages show it: the chart, the line in the list, and refusals that say what to change."""
