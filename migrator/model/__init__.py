"""Frozen values and enums; nothing but the standard library."""
