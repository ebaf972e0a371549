"""Scripts that measure the app and its training; what they found is in the README beside them."""
