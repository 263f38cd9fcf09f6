"""Acting: sockets, processes, serving, watching."""
