"""Training a network: the loop, the process that carries a run out, and starting it from a page.

It may import all other rooms.
"""
