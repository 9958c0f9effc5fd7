import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import { HandclaspError } from "../../../src/errors.ts";
import { parseConfig } from "../../../src/gateway/config/parse-config.ts";

const OPTIONS = {
  file: "gateway.toml",
  folder: "/etc/handclasp",
  store: StoreUrl.parse("sqlite:/default.db"),
};
const LISTENER = '[[listener]]\nlisten = "127.0.0.1:8443"\nto = "127.0.0.1:5432"\n';

const HTTP = '[[listener]]\nlisten = "127.0.0.1:8443"\nto = "http://127.0.0.1:5432"\nmode = "http"\n';

/** A rule for one path. */
function rule(...allow: readonly string[]): string {
  return `[[listener.path]]\npath = "/health"\nallow = ${JSON.stringify(allow)}`;
}

/** The complaints as `LINE:COLUMN: MESSAGE`. */
function complaints(text: string): readonly string[] {
  try {
    parseConfig(text, OPTIONS);
  } catch (error) {
    assert.ok(error instanceof HandclaspError && error.code === "ERR_HANDCLASP_CONFIG", String(error));
    return error.message.split("\n").map((line) => line.replace("gateway.toml:", ""));
  }
  return [];
}

describe("parseConfig", () => {
  it("fills in what a file leaves out", () => {
    const config = parseConfig(LISTENER, OPTIONS);
    assert.deepEqual(config.store, OPTIONS.store);
    assert.equal(config.drainTimeoutMs, 30_000);
    const [listener] = config.listeners;
    assert.deepEqual(listener, {
      name: "127.0.0.1:8443",
      listen: { host: "127.0.0.1", port: 8443 },
      mode: "tcp",
      to: { kind: "tcp", address: { host: "127.0.0.1", port: 5432 } },
      certificate: undefined,
      policy: { firstUse: "ask", bind: "name", validity: "enforce", rotation: "accept" },
      clientCertificate: "required",
      trustCa: "none",
      minTls: "TLSv1.2",
      maxTls: "TLSv1.3",
      allow: undefined,
      paths: [],
      forwarded: ["rfc7239", "x-forwarded"],
      maxBodyBytes: 0,
      serverNames: [],
      onPending: "alert",
      alpn: [],
      starttls: "none",
      sendProxy: "none",
      acceptProxy: [],
      handshakeTimeoutMs: 10_000,
      maxHandshakes: 1024,
      maxConnections: 10_000,
      connectTimeoutMs: 10_000,
      connectRetryMs: 3000,
      idleTimeoutMs: 0,
      maxConnectionAgeMs: 0,
    });
  });

  it("takes paths as relative to the file", () => {
    const text = `store = "trust.db"\npem_dir = "pem"\n${LISTENER}cert = "a.pem"\nkey = "../a.key"\ntrust_ca = "ca.pem"`;
    const config = parseConfig(text, OPTIONS);
    assert.deepEqual(config.store, StoreUrl.sqlite("/etc/handclasp/trust.db"));
    assert.equal(config.pemDir, "/etc/handclasp/pem");
    const [listener] = config.listeners;
    assert.deepEqual(listener?.certificate, { cert: "/etc/handclasp/a.pem", key: "/etc/a.key" });
    assert.equal(listener?.trustCa, "/etc/handclasp/ca.pem");
  });

  it("has the example of the reference", () => {
    const page = readFileSync(
      resolve(import.meta.dirname, "../../../docs/reference/gateway-config.md"),
      "utf8",
    );
    const [, example = ""] = /```toml\n([^]*?)```/.exec(page) ?? [];
    const { listeners } = parseConfig(example, OPTIONS);
    assert.deepEqual(
      listeners.map(({ name }) => name),
      ["database", "app"],
    );
    assert.deepEqual(listeners[1]?.paths, [{ path: "/admin", allow: ["group:operators"] }]);
    assert.deepEqual(listeners[0]?.listen, { host: "::", port: 8443 });
  });

  it("says where a key is that there is not", () => {
    assert.deepEqual(complaints(`${LISTENER}first_uses = "ask"`), ['4:1: there is no key "first_uses" here']);
    assert.deepEqual(complaints(`workrs = 2\n${LISTENER}`), ['1:1: there is no key "workrs" here']);
    assert.deepEqual(complaints(`${LISTENER}[[listener.path]]\npath = "/x"\nallow = []\nalow = []`), [
      '7:1: there is no key "alow" here',
    ]);
  });

  it("says where a value is that cannot be, all of them at once", () => {
    const text = `workers = 0
[[listener]]
listen = "8443"
to = "127.0.0.1:5432"
  first_use = "always"
idle_timeout = 5
accept_proxy = [
  "10.0.0.0/8",
  "10.0.0.1/8",
]`;
    const found = complaints(text);
    assert.deepEqual(
      found.map((line) => line.replace(/^(\d+:\d+: \w+).*$/, "$1")),
      ["1:1: workers", "3:1: listen", "5:3: first_use", "6:1: idle_timeout", "10:1: accept_proxy"],
    );
    assert.match(found[2] ?? "", /"accept" or "ask" or "refuse"/);
    assert.match(found[3] ?? "", /has to be string/);
  });

  it("says how a value is written, where the parser knows", () => {
    const listener = '[[listener]]\nlisten = ":1"\nmode = "http"\n';
    assert.match(
      complaints(`${listener}to = "http://127.0.0.1:1"\nmax_body = "1k"\n`).join(),
      /^5:1: max_body: "1k" is not a size: a whole number and B, kB/,
    );
    assert.match(
      complaints(`${listener}to = "unix:/app.sock"\n`).join(),
      /^4:1: .* can take clients to: write .* http:\/\/unix:/,
    );
  });

  it("says what is missing, and where it would have to be", () => {
    assert.deepEqual(complaints('[[listener]]\nlisten = ":8443"'), ["1:3: to is missing"]);
    assert.match(complaints("workers = 1")[0] ?? "", /listener is missing/);
    assert.match(complaints("listener = []")[0] ?? "", /at least one/);
  });

  it("says where the syntax ends", () => {
    assert.match(complaints(`${LISTENER}allow = ["anna"`)[0] ?? "", /^4:\d+: /);
    assert.match(complaints('name = "a"\nname = "b"')[0] ?? "", /^2:/);
  });

  it("refuses what does not go together", () => {
    const second = '[[listener]]\nname = "127.0.0.1:8443"\nlisten = "127.0.0.1:8443"\nto = "127.0.0.1:1"\n';
    const wrong: readonly (readonly [string, RegExp])[] = [
      [`${LISTENER}cert = "a.pem"`, /^4:1: .*belong together/],
      [`${LISTENER}min_tls = "1.3"\nmax_tls = "1.2"`, /^4:1: min_tls is newer/],
      [`${LISTENER}mode = "http"`, /^3:1: .*mode http/],
      [`${LISTENER}server_names = ["a"]`, /^4:1: .*mode http/],
      ...["https://a.test", "a.test:443", "a.test/b", "*.*.test", "a*.test", "[::1]", ""].map(
        (name) =>
          [
            `${LISTENER}server_names = ["b.test", ${JSON.stringify(name)}]`,
            /^4:1: server_names: .*host name/,
          ] as const,
      ),
      [`${LISTENER}alpn = ["a", "b c"]`, /^4:1: alpn: no protocol of ALPN is called "b c"/],
      [
        '[[listener]]\nlisten = ":1"\nto = "http://a:1"\nmode = "http"\nalpn = ["h2"]\n',
        /^5:1: alpn is for mode tcp/,
      ],
      [`${LISTENER}on_pending = "page"`, /^4:1: .*mode http/],
      [`${LISTENER}[[listener.path]]\npath = "/a"\nallow = []`, /mode http/],
      [
        `${LISTENER}mode = "http"\n[[listener.path]]\npath = "/a%2fb"\nallow = []`,
        /no rule can be for the path/,
      ],
      [`${LISTENER}allow = ["a\\u202eb"]`, /^4:1: allow: no name can be so/],
      [`${LISTENER}allow = ["anna", "groop:dba"]`, /^4:1: allow: did you mean group:dba\?/],
      [`${LISTENER}allow = [\n  "Group: dba",\n]`, /^6:1: allow: did you mean group:dba\?/],
      [`${LISTENER}allow = ["anna", "ANYONE"]`, /^4:1: allow: did you mean anyone\?/],
      [`${LISTENER}allow = ["network:10.0.0.1/8"]`, /^4:1: allow: .* is no IP network/],
      ...["anyone", "network:10.0.0.0/8"].map(
        (word) =>
          [
            `${HTTP}client_certificate = "none"\n[[listener.path]]\npath = "/a"\nallow = ["anna", "${word}"]`,
            /^5:1: client_certificate has to be another where a path lets in anyone or a network/,
          ] as const,
      ),
      ...["anna", "any-peer", "group:lab", "name:anyone"].map(
        (entry) =>
          [
            `${LISTENER}client_certificate = "none"\nallow = ["network:10.0.0.0/8", "${entry}"]`,
            /^4:1: client_certificate has to be another where allow has peers in it/,
          ] as const,
      ),
      [LISTENER.replace("127.0.0.1:5432", `unix:/run/${"a".repeat(110)}`), /^3:1: the path of a Unix socket/],
      [LISTENER.replace("127.0.0.1:5432", `unix:${"é".repeat(50)}`), /^3:1: the path of a Unix socket/],
      [LISTENER.replace("5432", "70000"), /^3:1: the port of "127\.0\.0\.1:70000" is too large/],
      [LISTENER.replace("8443", "70000"), /^2:1: listen: the port of "127\.0\.0\.1:70000" is too large/],
      [`${LISTENER}[metrics]\nlisten = "localhost:70000"`, /^5:1: listen: the port of/],
      [LISTENER + second, /^5:1: another listener has the name/],
    ];
    for (const [text, complaint] of wrong) assert.match(complaints(text)[0] ?? "nothing", complaint, text);
    assert.match(complaints(LISTENER + second)[1] ?? "", /^6:1: another listener listens on/);
  });

  it("requires a certificate of nobody where a list lets in who has none", () => {
    for (const [text, expected] of [
      [`${HTTP}${rule("anna", "any-peer", "name:anyone")}`, "required"],
      [`${HTTP}${rule("anyone")}`, "optional"],
      [`${HTTP}client_certificate = "required"\n${rule("anna", "network:::1")}`, "optional"],
      [`${HTTP}client_certificate = "optional"\n${rule("anyone")}`, "optional"],
      [`${LISTENER}allow = ["any-peer"]`, "required"],
      [`${LISTENER}allow = ["any-peer", "network:10.0.0.0/8"]`, "optional"],
      [`${LISTENER}allow = ["anyone"]\nclient_certificate = "none"`, "none"],
    ] as const) {
      const [listener] = parseConfig(text, OPTIONS).listeners;
      assert.equal(listener?.clientCertificate, expected, text);
    }
  });

  it("takes a name with a colon in it for a name, and a path that just fits", () => {
    const path = `/run/${"a".repeat(102)}`;
    const text = `${LISTENER.replace("127.0.0.1:5432", `unix:${path}`)}allow = ["mac:00-1b", "spiffe://lab/a", "group:dba"]`;
    const [listener] = parseConfig(text, OPTIONS).listeners;
    assert.deepEqual(listener?.allow, ["mac:00-1b", "spiffe://lab/a", "group:dba"]);
    if (process.platform === "linux") {
      assert.ok(listener?.mode === "tcp");
      assert.deepEqual(listener.to, { kind: "unix", path });
    }
  });
});
