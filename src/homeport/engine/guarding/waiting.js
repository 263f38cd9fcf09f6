// Looks every second whether the question was answered. Without it the page refreshes itself.
(() => {
  const part = (id) => document.getElementById(id);
  const { wait, back, waiting, silent, inside } = part("state").dataset;
  let misses = 0;

  const say = (text, isSilent) => {
    const state = part("state");
    if (state.textContent !== text) state.textContent = text;
    state.classList.toggle("silent", isSilent);
  };

  const refuse = ({ title, lines, ask }) => {
    document.title = title;
    part("title").textContent = title;
    part("line").textContent = lines.join(" ");
    part("number").remove();
    part("state").remove();
    part("again").hidden = !ask;
    part("ask").textContent = ask;
    part("title").focus();
  };

  const look = async () => {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), 10000);
    try {
      const headers = { accept: "application/json" };
      const answer = await fetch(wait, { headers, cache: "no-store", signal: stop.signal });
      if (!answer.ok) return location.reload();
      const told = await answer.json();
      misses = 0;
      if (told.state === "refused") return refuse(told);
      if (told.state === "in") {
        say(inside, false);
        return location.replace(back);
      }
      say(waiting, false);
    } catch {
      misses += 1;
      if (misses > 1) say(silent, true);
    } finally {
      clearTimeout(late);
    }
    setTimeout(look, misses > 5 ? 3000 : 1000);
  };

  setTimeout(look, 1000);
})();
