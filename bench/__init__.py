"""Measurements against peers, side by side in one session. Not part of the product."""
