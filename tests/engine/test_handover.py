"""Connections go from one server to the next, and their clients notice nothing."""

import asyncio
import socket

import pytest
import uvloop

from tests.engine.two_servers import Loop, Stage, get, play, post

both_loops = pytest.mark.parametrize("new_loop", [uvloop.new_event_loop, asyncio.new_event_loop])


@both_loops
def test_an_idle_connection_is_answered_by_the_new_server(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        assert await client.ask(get()) == b"old"
        leaving = await stage.reload()
        assert await client.ask(get()) == b"new"
        assert await client.ask(get()) == b"new"
        assert await leaving == (0, 0)
        assert stage.old_app.clients == [stage.new_app.clients[0]]
        assert stage.new_app.clients[0][0] == client.sock.getsockname()

    play(new_loop, story)


@both_loops
def test_a_connection_that_was_never_used_goes_too(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        clients = [stage.client() for _ in range(20)]
        leaving = await stage.reload()
        assert await leaving == (0, 0)
        assert [await client.ask(get()) for client in clients] == [b"new"] * 20
        assert {used for _, used, _ in stage.batches} <= {False}

    play(new_loop, story)


@both_loops
def test_a_request_in_progress_is_finished_and_its_connection_follows(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        await client.send(get("/slow"))
        await stage.old_app.begun.wait()
        leaving = await stage.reload()
        await client.send(get())  # after the release: for the new one
        stage.old_app.gate.set()
        assert await client.answer() == b"old"
        assert b"connection: close" not in client.head
        assert await client.answer() == b"new"
        assert await leaving == (0, 0)

    play(new_loop, story)


@both_loops
@pytest.mark.parametrize("cut", [0, 1, 20])
def test_pipelined_requests_are_answered_in_order_by_whoever_has_read_them(
    new_loop: Loop, cut: int
) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        last = get()
        await client.send(get("/slow") + get() + get() + last[:cut])
        await stage.old_app.begun.wait()
        leaving = await stage.reload()
        stage.old_app.gate.set()
        answers = [await client.answer() for _ in range(3)]
        assert answers == [b"old"] * 3
        assert await client.ask(last[cut:]) == (b"old" if cut else b"new")
        assert await client.ask(get()) == b"new"
        assert await leaving == (0, 0)

    play(new_loop, story)


@both_loops
def test_a_slow_upload_is_read_to_its_end(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        await client.send(post("/upload", 200_000) + b"x" * 100_000)
        await stage.old_app.begun.wait()
        leaving = await stage.reload()
        assert await client.ask(b"x" * 100_000) == b"old:200000"
        assert b"connection: close" not in client.head
        assert await client.ask(get()) == b"new"
        assert await leaving == (0, 0)

    play(new_loop, story)


@both_loops
def test_a_body_that_comes_after_its_answer_is_read_by_the_old_server(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        assert await client.ask(post("/", 10) + b"12345") == b"old"
        leaving = await stage.reload()
        assert stage.batches == []
        await client.send(b"67890")
        assert await leaving == (0, 0)
        assert await client.ask(get()) == b"new"
        assert await client.ask(post("/", 10) + b"1234567890") == b"new"

    play(new_loop, story)


@both_loops
def test_a_body_that_came_after_its_answer_does_not_hold_its_connection(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        assert await client.ask(post("/", 10) + b"12345") == b"old"
        await client.send(b"67890")
        while stage.old._connections()[0].cycle.more_body:
            await asyncio.sleep(0)
        assert await (await stage.reload()) == (0, 0)
        assert await client.ask(get()) == b"new"

    play(new_loop, story)


@both_loops
def test_a_client_that_waits_for_100_is_told_to_continue(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        assert await client.ask(post("/upload", 5, "Expect: 100-continue")) == b"100"
        leaving = await stage.reload()
        assert await client.ask(b"12345") == b"old:5"
        assert await client.ask(post("/upload", 5, "Expect: 100-continue")) == b"100"
        assert await client.ask(b"12345") == b"new:5"
        assert await leaving == (0, 0)

    play(new_loop, story)


@both_loops
def test_an_answer_that_is_read_slowly_arrives_whole_first(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        await client.send(get("/big"))
        while not stage.old_app.clients:
            await asyncio.sleep(0)
        leaving = await stage.reload()
        assert len(await client.ask(get())) == 5_000_003
        assert await client.answer() == b"new"
        assert await leaving == (0, 0)

    play(new_loop, story)


@both_loops
@pytest.mark.parametrize("rounds", range(40))
def test_bytes_that_arrive_at_any_moment_are_read_once(new_loop: Loop, rounds: int) -> None:
    async def story(stage: Stage) -> None:
        clients = [stage.client() for _ in range(30)]
        for client in clients[:20]:
            assert await client.ask(get()) == b"old"
        leaving = await stage.begin_reload()
        for _ in range(rounds):
            await asyncio.sleep(0)
        for number, client in enumerate(clients):
            whole = post("/upload", 3) + b"abc" + post("/upload", 4) + b"defg"
            cut = 7 * number % len(whole)
            client.sock.send(whole[:cut])
            if number % 3:
                await asyncio.sleep(0)
            client.sock.send(whole[cut:])
        for client in clients:
            answers = [await client.answer() for _ in range(2)]
            assert [answer[3:] for answer in answers] == [b":3", b":4"]
            assert b"connection: close" not in client.head
        assert await leaving == (0, 0)
        assert [await client.ask(get()) for client in clients] == [b"new"] * 30

    play(new_loop, story)


@both_loops
def test_a_client_that_asks_without_pause_gets_the_new_code(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        assert await client.ask(get()) == b"old"
        leaving = await stage.begin_reload()
        while not stage.is_released.is_set():
            await client.ask(get())
        assert await client.ask(get()) == b"new"
        assert await leaving == (0, 0)

    play(new_loop, story)


@both_loops
def test_300_connections_go_in_batches(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        clients = []
        for _ in range(300):
            clients.append(stage.client())
            assert await clients[-1].ask(get()) == b"old"
        assert await (await stage.reload()) == (0, 0)
        assert [await client.ask(get()) for client in clients] == [b"new"] * 300
        assert [size for _, _, size in stage.batches] == [64] * 4 + [44]

    play(new_loop, story)


@both_loops
def test_what_cannot_be_handed_over_now_is_tried_again(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        assert await client.ask(get()) == b"old"
        stage.refusals = 30  # longer than the grace of streams
        leaving = await stage.reload()
        assert await client.ask(get()) == b"new"
        assert await leaving == (0, 0)
        assert stage.refusals == 0

    play(new_loop, story)


@both_loops
def test_what_cannot_be_handed_over_at_all_is_closed_in_the_end(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        assert await client.ask(get()) == b"old"
        stage.refusals = 1_000_000
        assert await (await stage.reload(timeout=0.05)) == (0, 0)
        assert await client.ended()

    play(new_loop, story)


@both_loops
def test_an_answer_that_is_not_read_in_time_counts_as_cut(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        await client.send(get("/big"))
        while not stage.old_app.clients:
            await asyncio.sleep(0)
        assert await (await stage.reload(timeout=0.05)) == (1, 0)

    play(new_loop, story)


@both_loops
def test_the_app_hears_of_a_client_that_leaves_although_reading_has_stopped(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        await client.send(get("/leave"))
        await stage.old_app.begun.wait()
        leaving = await stage.reload()
        client.sock.close()
        await stage.old_app.saw_disconnect.wait()
        assert await leaving == (0, 0)

    play(new_loop, story)


@both_loops
@pytest.mark.parametrize("header", ["Connection: close", "HTTP/1.0"])
def test_a_last_request_is_the_last(new_loop: Loop, header: str) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        request = get("/slow", header)
        if header == "HTTP/1.0":
            request = get("/slow").replace(b"HTTP/1.1", b"HTTP/1.0")
        await client.send(request)
        await stage.old_app.begun.wait()
        leaving = await stage.reload()
        stage.old_app.gate.set()
        assert await client.answer() == b"old"
        assert await client.ended()
        assert await leaving == (0, 0)
        assert stage.batches == []

    play(new_loop, story)


@both_loops
def test_a_client_that_has_closed_its_half_is_answered_by_the_end(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        client = stage.client()
        assert await client.ask(get()) == b"old"
        leaving = await stage.reload()
        client.sock.shutdown(socket.SHUT_WR)
        assert await client.ended()
        assert await leaving == (0, 0)

    play(new_loop, story)


@both_loops
def test_the_time_for_idling_begins_anew_with_the_new_server(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        used, unused = stage.client(), stage.client()
        assert await used.ask(get()) == b"old"
        (old,) = (c for c in stage.old._connections() if c.cycle is not None)
        assert await (await stage.reload()) == (0, 0)
        while len(stage.new._connections()) < 2:
            await asyncio.sleep(0)
        assert old.timeout_keep_alive_task is None
        timers = {c.client: c.timeout_keep_alive_task for c in stage.new._connections()}
        assert timers[used.sock.getsockname()] is not None
        assert timers[unused.sock.getsockname()] is None

    play(new_loop, story)


@both_loops
def test_an_idle_connection_that_was_handed_over_is_closed_in_time(new_loop: Loop) -> None:
    async def story(stage: Stage) -> None:
        stage.new._config.timeout_keep_alive = 0
        client = stage.client()
        assert await client.ask(get()) == b"old"
        assert await (await stage.reload()) == (0, 0)
        assert await client.ended()

    play(new_loop, story)
