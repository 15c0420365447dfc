"""Benchmarks: SPEC's speed section, measured as ratios in one run (`make bench`)."""
