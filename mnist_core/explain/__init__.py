"""Why a model answers as it does: activations, attribution, neighbours, robustness, counterfactuals.

It may import all rooms up to `evaluation`.
"""
