"""What a customer is worth: how often they will buy, whether they still do, and for how much."""
