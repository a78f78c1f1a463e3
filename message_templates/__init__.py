"""Words: what a text says, how it is filled in, what it costs in segments. Pure: no clock, network or SQL."""
