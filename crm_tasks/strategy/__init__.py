"""Pure: segments, features and rules become a plan of actions."""
