"""What is held on a person, how long it is kept, and handing it over."""
