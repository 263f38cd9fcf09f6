"""Heavy dependencies and little code of its own: NumPy, pandas, SQLAlchemy, httpx, boto3."""

import boto3
import httpx
import numpy
import pandas
from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

app = FastAPI()
app.state.user_agent = f"heavy/1 httpx/{httpx.__version__} boto3/{boto3.__version__}"
engine = create_engine("sqlite://")


class Base(DeclarativeBase):
    pass


class Reading(Base):
    __tablename__ = "readings"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[float]


Base.metadata.create_all(engine)


@app.get("/")
async def hello() -> dict[str, str]:
    return {"hello": "world"}


@app.get("/mean")
async def mean() -> dict[str, float]:
    return {"mean": float(pandas.Series(numpy.arange(10.0)).mean())}
