// node chromium.mjs URL…: headless Chromium asks one URL after another; the second connection resumes the session.
// Beside it: home/.pki/nssdb with anna's key and certificate, server.pem.
import { spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

const server = new X509Certificate(readFileSync("server.pem")).publicKey;
const pin = createHash("sha256")
  .update(server.export({ type: "spki", format: "der" }))
  .digest("base64");

const preferences = {
  // The user's choice, kept in the profile: any certificate will do for this server.
  profile: {
    content_settings: {
      exceptions: { auto_select_certificate: { "https://localhost:*,*": { setting: { filters: [{}] } } } },
    },
  },
  // No connections that may be useful later.
  net: { network_prediction_options: 2 },
};
rmSync("profile", { recursive: true, force: true });
mkdirSync("profile/Default", { recursive: true });
writeFileSync("profile/Default/Preferences", JSON.stringify(preferences));

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
  `--ignore-certificate-errors-spki-list=${pin}`,
  `--user-data-dir=${resolve("profile")}`,
  `--log-net-log=${resolve("net-log.json")}`,
  "--remote-debugging-pipe",
];
const chromium = spawn("chromium", flags, {
  env: { ...process.env, HOME: resolve("home") },
  stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
});
const [, , , commands, messages] = chromium.stdio;
const waiting = new Map();
let rest = "";
messages.setEncoding("utf8").on("data", (text) => {
  const parts = (rest + text).split("\0");
  rest = parts.pop();
  for (const part of parts) {
    const { id, method, result, error } = JSON.parse(part);
    if (error !== undefined) throw new Error(error.message);
    waiting.get(id ?? method)?.(result);
  }
});
let sent = 0;

function call(method, params = {}, sessionId) {
  const id = ++sent;
  commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  return message(id);
}

function message(key) {
  return new Promise((resolveMessage) => waiting.set(key, resolveMessage));
}

const { targetId } = await call("Target.createTarget", { url: "about:blank" });
const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
await call("Page.enable", {}, sessionId);
await call("Network.enable", {}, sessionId);
await call("Network.setBlockedURLs", { urls: ["*/favicon.ico"] }, sessionId);
let failed = false;
for (const url of process.argv.slice(2)) {
  const loaded = message("Page.loadEventFired");
  const { errorText } = await call("Page.navigate", { url }, sessionId);
  if (errorText === undefined) {
    await loaded;
    const text = { expression: "document.body.innerText", returnByValue: true };
    process.stdout.write((await call("Runtime.evaluate", text, sessionId)).result.value);
  } else {
    failed = true;
    console.error(errorText);
  }
}
const closed = once(chromium, "close");
await call("Browser.close");
await closed;
if (failed) {
  // The page does not say which alert came; the log does: each event is a line, and the numbers of its types are on top.
  const log = readFileSync("net-log.json", "utf8");
  const [, type] = /"SSL_ALERT_RECEIVED":(\d+)/.exec(log);
  for (const line of log.split("\n").filter((each) => each.includes(`"type":${type}}`))) {
    const [, bytes] = /"bytes":"([^"]+)"/.exec(line);
    console.error(`SSL alert number ${Buffer.from(bytes, "base64")[1]}`);
  }
  process.exitCode = 1;
}
