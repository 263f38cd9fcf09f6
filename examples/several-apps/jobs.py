"""A second API, which needs the first one: homeport tells it where that is."""

import os

import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/count")
async def count() -> int:
    async with httpx.AsyncClient(base_url=os.environ["API_URL"]) as api:
        return len((await api.get("/items")).json())
