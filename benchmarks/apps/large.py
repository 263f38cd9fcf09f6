"""Writes the large app: 200 routes in 10 files, two pydantic models per route, importing httpx."""

from pathlib import Path

FILES = 10
ROUTES_PER_FILE = 20

MAIN = """\
import httpx
from fastapi import FastAPI

{imports}

app = FastAPI()
app.state.user_agent = f"large/1 httpx/{{httpx.__version__}}"
{includes}


@app.get("/")
async def hello() -> dict[str, str]:
    return {{"hello": "world"}}
"""

ROUTES_HEAD = """\
from datetime import datetime

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

router = APIRouter(prefix="/part{file}")
"""

ROUTE = """

class Wanted{n}(BaseModel):
    name: str = Field(min_length=1, max_length=80)
    count: int = Field(default=1, ge=0)
    tags: list[str] = []
    when: datetime | None = None


class Made{n}(BaseModel):
    id: int
    wanted: Wanted{n}
    notes: dict[str, str] = {{}}


@router.post("/things{n}/{{id}}")
async def make{n}(id: int, wanted: Wanted{n}, dry: bool = Query(default=False)) -> Made{n}:
    return Made{n}(id=id, wanted=wanted, notes={{"dry": str(dry)}})
"""


def write(folder: Path) -> None:
    """Write main.py and part0.py … part9.py into the folder; the app is `main:app`."""
    for file in range(FILES):
        routes = "".join(ROUTE.format(n=n) for n in range(ROUTES_PER_FILE))
        (folder / f"part{file}.py").write_text(ROUTES_HEAD.format(file=file) + routes)
    imports = "\n".join(f"import part{file}" for file in range(FILES))
    includes = "\n".join(f"app.include_router(part{file}.router)" for file in range(FILES))
    (folder / "main.py").write_text(MAIN.format(imports=imports, includes=includes))
