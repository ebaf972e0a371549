"""What the Mine page is made of."""
