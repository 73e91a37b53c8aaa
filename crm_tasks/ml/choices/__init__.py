"""What a customer chooses next: the category, the price, what the next message will be about."""
