"""Files for other programs that start a server or lead to it, as text; nothing is written here."""
