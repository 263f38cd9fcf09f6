"""Which port numbers can be meant at all."""

DEFAULT_PORT = 8000
HIGHEST_PORT = 65535
BACKLOG = 2048
"""How many connections may wait to be accepted, if the system allows so many (listen(2))."""
TRIES = 100
"""How many ports are tried when none was asked for, or to find one to offer."""

REFUSED_BY_BROWSERS = frozenset(
    {
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95),
        *(101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161),
        *(179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563),
        *(587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060),
        *(5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
    }
)
"""The Fetch standard's "bad port" list: a browser will not connect to these."""
