"""The digits to learn from and to be evaluated on: MNIST itself, its disputed labels, and digits bent a little.

It may import `errors` and `settings`.
"""
