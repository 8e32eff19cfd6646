"""What `Benchmarks/check-costs` is made of: it counts, and compares with what was counted before."""
