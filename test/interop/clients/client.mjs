// node client.mjs URL…: the second connection resumes the session of the first.
import { readFileSync } from "node:fs";
import { Agent, get } from "node:https";
import { text } from "node:stream/consumers";

const agent = new Agent({
  ca: readFileSync("server.pem"),
  cert: readFileSync("anna.pem"),
  key: readFileSync("anna.key"),
});
for (const url of process.argv.slice(2)) {
  const response = await new Promise((resolve, reject) => get(url, { agent }, resolve).on("error", reject));
  process.stdout.write(await text(response));
}
