"""What works: who gets nothing for comparison, and what the texts caused. Pure: no clock, network or SQL."""
