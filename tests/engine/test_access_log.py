"""Lines in batches, none lost, and never in the way of serving."""

import asyncio
import json
import os

from homeport.engine.access_log import MOST_WAITING, BatchedLog


def write_lines(log: BatchedLog, count: int) -> None:
    for number in range(count):
        log.info("", "127.0.0.1:1", "GET", f"/{number}", "1.1", 200)


def read_all(descriptor: int) -> bytes:
    os.set_blocking(descriptor, False)
    parts = []
    while True:
        try:
            part = os.read(descriptor, 1 << 20)
        except BlockingIOError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def test_lines_are_written_soon_and_in_order() -> None:
    read_end, write_end = os.pipe()

    async def main() -> None:
        log = BatchedLog(asyncio.get_running_loop(), write_end, json=True, colour=False)
        write_lines(log, 100)
        assert read_all(read_end) == b""  # not one by one
        await asyncio.wait_for(asyncio.to_thread(os.read, read_end, 0), 1)
        while not (data := read_all(read_end)):
            await asyncio.sleep(0.005)
        lines = [json.loads(line) for line in data.splitlines()]
        assert [line["path"] for line in lines] == [f"/{number}" for number in range(100)]
        assert lines[0]["event"] == "request"

    asyncio.run(main())
    os.close(read_end)
    os.close(write_end)


def test_a_reader_that_does_not_read_stops_nothing() -> None:
    read_end, write_end = os.pipe()

    async def main() -> None:
        log = BatchedLog(asyncio.get_running_loop(), write_end, json=False, colour=False)
        write_lines(log, MOST_WAITING + 5000)
        log.flush()  # returns although the pipe holds 64 KB only
        text = b""
        while part := read_all(read_end):
            text += part
            log.flush()
        lines = text.decode().splitlines()
        assert all(
            line.split()[2:4] == ["GET", f"/{line.split('/')[1].split()[0]}"] for line in lines
        )
        assert f"/{MOST_WAITING + 4999}  " in lines[-1]

    asyncio.run(main())
    os.close(read_end)
    os.close(write_end)


def test_a_closed_output_is_no_error() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)

    async def main() -> None:
        log = BatchedLog(asyncio.get_running_loop(), write_end, json=False, colour=True)
        write_lines(log, 3)
        log.flush()

    asyncio.run(main())
    os.close(write_end)
