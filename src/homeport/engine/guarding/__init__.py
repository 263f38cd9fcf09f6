"""What stands before the app on every door."""
