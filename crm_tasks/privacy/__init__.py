"""Keys, tokens and the vault: where direct identifiers live."""
