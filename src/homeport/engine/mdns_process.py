"""The process that announces a `.local` name, until it is told to stop or nobody is left.

Started by `engine/mdns` with a channel on descriptor 3 and a lifeline on 4:

    Announce → Claimed → … → Withdraw, or the end of either descriptor → goodbye → exit

A worker dies at once with its supervisor (`engine/lifeline`); this process takes the name back
first. The signals of the terminal stay blocked, as it was started: only the supervisor ends it.
"""

import asyncio
import contextlib
import logging
import os
import socket
from typing import NoReturn

from homeport.core.local_name import NoName
from homeport.engine.mdns_messages import Announce, Failed, Message, decode, encode

CHANNEL, LIFELINE = 3, 4
GOODBYE = 1.0
"""Seconds that taking the name back may take."""


def main() -> NoReturn:
    """The life of the process. Nothing is written to the terminal, whatever happens."""
    for descriptor in (CHANNEL, LIFELINE):
        os.set_inheritable(descriptor, False)
    logging.disable()
    channel = socket.socket(fileno=CHANNEL)
    try:
        asyncio.run(_run(channel))
    except ImportError as error:
        _tell(channel, Failed(reason=NoName.MISSING.value, detail=str(error)))
    except Exception as error:
        reason = getattr(error, "reason", NoName.ENDED)
        _tell(channel, Failed(reason=reason.value, detail=f"{type(error).__name__}: {error}"))
    os._exit(0)  # a thread of a library must not keep us


async def _run(channel: socket.socket) -> None:
    reader, _ = await asyncio.open_connection(sock=channel.dup())
    line = await reader.readline()
    if not line:
        return
    announce = decode(line)
    if not isinstance(announce, Announce):
        raise ValueError(f"not for this process: {announce}")
    from homeport.engine.announcing.responder import Responder  # zeroconf may not be installed

    responder = Responder(announce, lambda message: _tell(channel, message))
    announcing = asyncio.create_task(responder.run())
    told = asyncio.create_task(reader.read(1))  # only `Withdraw` can come, or the end
    alone = asyncio.create_task(_until_alone())
    try:
        await asyncio.wait((announcing, told, alone), return_when=asyncio.FIRST_COMPLETED)
        if announcing.done():
            announcing.result()
    finally:
        announcing.cancel()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(responder.close(), GOODBYE)


async def _until_alone() -> None:
    """Until the supervisor is gone: nothing is ever written to the lifeline."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(LIFELINE, over.set)
    await over.wait()
    loop.remove_reader(LIFELINE)


def _tell(channel: socket.socket, message: Message) -> None:
    with contextlib.suppress(OSError):  # nobody is left to hear it
        channel.sendall(encode(message))


if __name__ == "__main__":
    main()
