import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import { describe, it } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { Home, runToEnd, startServer } from "../cli/support/serve.ts";
import { identity, inFiles } from "../guard/support/identities.ts";
import { until } from "../proxies/support/until.ts";
import { openHttpUpstream, type Upstream } from "../gateway/support/http-upstream.ts";

const anna = await identity("anna");

/** An app that knows its users by the gateway's fields alone. */
function openApp(): Promise<Upstream> {
  return openHttpUpstream(
    async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      const {
        "handclasp-peer": peer,
        "client-cert": certificate,
        "handclasp-groups": groups,
      } = request.headers;
      if (request.url === "/groups") return void response.end(groups);
      response.end(
        `${request.method} ${request.url} by ${String(peer)} ${String(certificate).length > 100} ${body}`,
      );
    },
    (server) => {
      new WebSocketServer({ server }).on("connection", (socket, request) => {
        socket.on("message", (data: Buffer) =>
          socket.send(`${String(request.headers["handclasp-peer"])} said ${data.toString()}`),
        );
      });
    },
  );
}

describe("an HTTP service behind the gateway", () => {
  it("meets a client by the page, knows it once approved, and loses it on revocation", async () => {
    using home = new Home();
    await using app = await openApp();
    const to = `http://127.0.0.1:${app.port}`;
    await using gateway = await startServer(home, [
      "gateway",
      "--mode",
      "http",
      "--to",
      to,
      "--on-pending",
      "page",
    ]);
    const { certFile, keyFile } = inFiles(home.folder, anna);
    const url = `https://127.0.0.1:${gateway.port}`;
    const curl = (...args: readonly string[]): ReturnType<typeof runToEnd> =>
      runToEnd("curl", ["-sSk", "--cert", certFile, "--key", keyFile, ...args]);

    const page = await curl("-w", "%{http_code}", `${url}/`);
    assert.match(page.stdout, /Waiting for approval[^]*403$/);
    const told = JSON.parse((await curl("-H", "Accept: application/json", url)).stdout) as Record<
      string,
      string
    >;
    assert.equal(app.connections.length, 0);

    // It is told at once; that the key waits is written a moment later.
    let row: Readonly<Record<string, string>> | undefined;
    await until(async () => {
      const shown = await home.run(["trust", "list", "--json"]);
      [row] = JSON.parse(shown.stdout) as readonly Record<string, string>[];
      return row !== undefined;
    }, "a pending key");
    assert.equal(row?.["keyId"], told["keyId"]);
    assert.equal((await home.run(["trust", "approve", told["keyId"] ?? ""])).code, 0);

    const first = await curl("-d", "hello", "-H", "Handclasp-Peer: admin", `${url}/a?b`);
    assert.equal(first.stdout, "POST /a?b by anna true hello");
    const second = await curl("--http2", "-w", " HTTP/%{http_version}", `${url}/two`);
    assert.equal(second.stdout, "GET /two by anna true  HTTP/2");

    const shownBy = { cert: anna.cert, key: anna.key, rejectUnauthorized: false };
    const session = http2.connect(url, shownBy);
    session.on("error", () => undefined);
    const stream = session.request({ ":path": "/three" });
    assert.equal((await stream.setEncoding("utf8").toArray()).join(""), "GET /three by anna true ");

    const socket = new WebSocket(url.replace("https", "wss"), shownBy);
    await once(socket, "open");
    const message = once(socket, "message");
    socket.send("hi");
    assert.equal(String((await message)[0]), "anna said hi");

    // Another process says so; the connection is the same.
    const groups = async (): Promise<string> => {
      const asked = session.request({ ":path": "/groups", "handclasp-groups": "admin" });
      return (await asked.setEncoding("utf8").toArray()).join("");
    };
    assert.equal(await groups(), "");
    for (const [act, expected] of [
      ["add", "Staff"],
      ["remove", ""],
    ] as const) {
      assert.equal((await home.run(["group", act, "Staff", "anna"])).code, 0);
      while ((await groups()) !== expected) await new Promise((resolve) => setTimeout(resolve, 20));
    }

    const gone = Promise.all([once(socket, "close"), once(session, "close")]);
    assert.equal((await home.run(["trust", "revoke", "anna"])).code, 0);
    await gone;
    const refused = await curl(url);
    assert.match(refused.stderr, /revoked/);
    assert.equal(await gateway.stop(), 0);
  });

  it("answers to its names only", async () => {
    using home = new Home();
    await using app = await openApp();
    const to = `http://127.0.0.1:${app.port}`;
    const flags = "--mode http --first-use accept --server-name app.test --server-name *.app.test".split(" ");
    await using gateway = await startServer(home, ["gateway", "--to", to, ...flags]);
    const { certFile, keyFile } = inFiles(home.folder, anna);
    for (const [host, status] of [
      ["app.test", "200"],
      ["x.app.test", "200"],
      ["other.test", "421"],
    ] as const) {
      const curl = `-sSk --cert ${certFile} --key ${keyFile} -o /dev/null -w %{http_code}`.split(" ");
      const there = ["--connect-to", `${host}:443:127.0.0.1:${gateway.port}`, `https://${host}/`];
      const { stdout } = await runToEnd("curl", [...curl, ...there]);
      assert.equal(stdout, status, host);
    }
  });
});
