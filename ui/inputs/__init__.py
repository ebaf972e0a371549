"""How a digit gets into the app: the canvas, a picture, an example."""
