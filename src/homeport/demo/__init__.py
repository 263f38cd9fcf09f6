"""The app behind `homeport demo`: small and real, so that a first look needs no code of your own.

It uses what a dev server must keep working while code changes: plain requests, a WebSocket,
a server-sent stream and a lifespan. Its page draws the way of a request from the facts which
the app itself was given, so it shows what happened and not what was hoped for.
"""
