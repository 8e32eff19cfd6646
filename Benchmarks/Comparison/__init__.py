"""What `Benchmarks/compare` is made of: it builds, runs references and product in turn, and prints tables."""
