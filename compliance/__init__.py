"""May we text this person now? Pure: rules and facts in, a decision with reasons out."""
