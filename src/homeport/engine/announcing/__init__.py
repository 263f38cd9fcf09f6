"""A `.local` name on one interface; the home of zeroconf. Runs in `engine/mdns_process`."""
