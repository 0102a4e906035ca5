"""Benchmarks: each measures the host beside what it is compared with, in one run on one machine."""
