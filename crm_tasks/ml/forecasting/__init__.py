"""What will be sold: thirty dated steps ahead, with bands that cover what they say."""
