"""The phases in order, their gates, and the guard in env.py."""
