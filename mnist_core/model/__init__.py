"""What a model is: its card, its network, and what it answers.

It may import all rooms up to `synthetic`.
"""
