"""Benchmarks, run by `just bench NAME`. They print measurements and assert nothing."""
