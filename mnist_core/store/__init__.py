"""Models and runs on disk: their folders, their histories, the lock, and taking a model elsewhere.

It may import all rooms up to `explain`.
"""
