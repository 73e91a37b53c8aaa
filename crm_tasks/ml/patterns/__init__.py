"""Pure: baskets become rules, what is bought together and what is bought after what."""
