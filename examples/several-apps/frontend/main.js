const items = await (await fetch("/api/items")).json();
document.querySelector("ul").append(
  ...items.map((item) => Object.assign(document.createElement("li"), { textContent: item })),
);
