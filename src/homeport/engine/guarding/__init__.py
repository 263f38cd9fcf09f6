"""What stands between visitors and the app."""
