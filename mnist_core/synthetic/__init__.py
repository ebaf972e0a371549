"""Digits, letters and scribbles that our own program writes as pen strokes, and textures that it paints.

It may import all rooms up to `preprocessing`.
"""
