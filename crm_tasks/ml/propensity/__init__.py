"""What each customer is likely to do: leave, buy within some days; learned and judged in time."""
