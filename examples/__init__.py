"""Example applications; no part of the distribution."""
