"""How good a model is: metrics, calibration, which digits to look at, a benchmark of drawings.

It may import all rooms up to `model`.
"""
