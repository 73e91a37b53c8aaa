"""Pure: what came of contacts, with intervals."""
