"""When a customer buys next, and how much a series will sell: tree models beside simple ones."""
