"""What each event does to our rows. One transaction per event; applying one twice changes nothing."""
