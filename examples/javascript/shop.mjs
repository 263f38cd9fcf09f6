// Reads from a homeport server that is found by name. Node 18 or newer; nothing to install.
//
//   node shop.mjs [NAME] [PATH]        NAME is shop, PATH is / where they are not given

import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Where the server is that is called so. Rejects with homeport's own words when there is none. */
export async function find(name) {
  try {
    const { stdout } = await promisify(execFile)("homeport", ["url", name]);
    return stdout.trim();
  } catch (error) {
    if (error.code === "ENOENT") throw new Error("homeport is not installed, or not on the PATH");
    throw new Error(error.stderr.trim() || `homeport url ended with ${error.code}`);
  }
}

const [name = "shop", path = "/"] = process.argv.slice(2);
try {
  const answer = await fetch(new URL(path, await find(name)));
  console.log(await answer.text());
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
