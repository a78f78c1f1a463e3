"""How a shop becomes ours, and keeps letting us in."""
