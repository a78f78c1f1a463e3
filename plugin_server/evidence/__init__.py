"""What is handed to a court or a carrier about one number: collected, signed, and checked without us."""
