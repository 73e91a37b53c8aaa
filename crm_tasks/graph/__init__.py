"""Pure: facts become a relationship graph, its measures and communities."""
