"""From what a person drew or photographed to a digit as MNIST has them, step by step, and back a little.

It may import all rooms up to `data`.
"""
