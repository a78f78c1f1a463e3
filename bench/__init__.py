"""Measurements of what is promised in numbers. Each prints a table; none is part of the tests' verdict."""
