"""The applications that are served: copied or written into a temp folder, always as main.py."""
