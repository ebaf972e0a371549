"""The skeletons of the digits: strokes of control points in a box of height 1, drawn anew for every sample.

A room of `synthetic`; `digit_styles` says how common each is.
"""
