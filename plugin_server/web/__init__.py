"""What `web` serves: the door for deliveries, the short links, and a first look at what happened."""
