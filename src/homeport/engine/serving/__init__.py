"""Serving with uvicorn's protocol classes: the only package that imports uvicorn.

We do not use `uvicorn.Server`: it serves a fixed set of sockets with one set of rules. Here each
listener has its own `asyncio` server and `ServerState`, all share one lifespan, and listeners can
come and go while others are served (docs/adr/0002). What we rely on of uvicorn is pinned by
tests/engine/test_uvicorn_contract.py.
"""
