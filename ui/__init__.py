"""What the pages share: the frame, the cached loaders, the canvas, digits and charts."""
