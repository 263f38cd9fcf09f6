"""The small FastAPI app: a greeting, a 10 KB answer through a response model, an upload."""

from fastapi import FastAPI, Request
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    id: int
    name: str
    price: float
    tags: list[str]
    text: str


class Page(BaseModel):
    total: int
    items: list[Item]


ITEMS = [
    {
        "id": number,
        "name": f"item {number}",
        "price": number * 1.25,
        "tags": ["new", "blue", "large"],
        "text": "a short description of what this is",
    }
    for number in range(85)
]


@app.get("/")
async def hello() -> dict[str, str]:
    return {"hello": "world"}


@app.get("/big", response_model=Page)
async def big() -> dict[str, object]:
    return {"total": len(ITEMS), "items": ITEMS}


@app.post("/length")
async def length(request: Request) -> dict[str, int]:
    return {"length": len(await request.body())}
