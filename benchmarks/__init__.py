"""Measurements, each a ratio against something that was run in the same minute."""
