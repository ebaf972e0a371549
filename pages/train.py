"""The Train page at the address `/train`, for the first visitor of a server; `frame.build` leads all others there."""

from ui import frame

frame.require()
