"""How fast, how small and how true: timings, a newcomer's script to compare with, acceptance."""
