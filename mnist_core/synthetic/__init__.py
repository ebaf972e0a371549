"""Digits, letters and scribbles that our own program writes as pen strokes.

It may import all rooms up to `preprocessing`.
"""
