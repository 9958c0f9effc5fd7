import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ListenerValues } from "../../../src/gateway/config/config.ts";
import { LISTENER_SETTINGS } from "../../../src/gateway/config/listener-settings.ts";
import { standardOf } from "../../../src/gateway/config/setting.ts";
import { toListener } from "../../../src/gateway/config/to-listener.ts";

const DEFAULTS = Object.fromEntries(
  Object.entries(LISTENER_SETTINGS).map(([property, setting]) => [property, standardOf(setting)]),
);

/** A listener of these values and otherwise defaults, and what was complained of. */
function read(values: Partial<ListenerValues>): {
  readonly listener: ReturnType<typeof toListener>;
  readonly complaints: readonly string[];
} {
  const complaints: string[] = [];
  const listener = toListener(
    {
      ...DEFAULTS,
      listen: { host: "127.0.0.1", port: 8443 },
      to: "127.0.0.1:1",
      mode: "tcp",
      ...values,
    } as ListenerValues,
    {
      spell: ({ key }) => key,
      misplaced: ({ key }, mode) => `${key} is for mode ${mode}`,
      complain: ({ key }, complaint) => complaints.push(`${key}: ${String(complaint)}`),
      resolve: (path) => `/etc/${path}`,
    },
  );
  return { listener, complaints };
}

describe("toListener", () => {
  it("is called after its address where it has no name", () => {
    assert.equal(read({}).listener.name, "127.0.0.1:8443");
    assert.equal(read({ name: "web" }).listener.name, "web");
  });

  it("finds its files beside what says so, the words for CAs being none", () => {
    const { listener } = read({ cert: "a.pem", key: "a.key", trustCa: "ca.pem", to: "unix:app.sock" });
    assert.deepEqual(listener.certificate, { cert: "/etc/a.pem", key: "/etc/a.key" });
    assert.equal(listener.trustCa, "/etc/ca.pem");
    assert.deepEqual(listener.to, { kind: "unix", path: "/etc/app.sock" });
    const { to } = read({ mode: "http", to: "http://unix:app.sock" }).listener;
    assert.deepEqual(to, { kind: "unix", path: "/etc/app.sock", protocol: "http" });
    for (const trustCa of ["none", "system"]) assert.equal(read({ trustCa }).listener.trustCa, trustCa);
  });

  it("complains of a certificate without a key, and a key without a certificate, where that is said", () => {
    assert.deepEqual(read({ cert: "a.pem" }).complaints, ["cert: cert and key belong together"]);
    assert.deepEqual(read({ key: "a.key" }).complaints, ["key: cert and key belong together"]);
  });

  it("complains of versions the wrong way round", () => {
    assert.deepEqual(read({ minTls: "TLSv1.3", maxTls: "TLSv1.2" }).complaints, [
      "min_tls: min_tls is newer than max_tls",
    ]);
  });

  it("complains of what is for another mode when it is said, and not of its default", () => {
    assert.deepEqual(read({}).complaints, []);
    const { complaints } = read({ serverNames: ["web.example"] });
    assert.equal(complaints.length, 1);
    assert.match(complaints[0] ?? "", / is for mode http$/);
  });

  it("complains of an upstream that is none, and goes nowhere", () => {
    const { listener, complaints } = read({ to: "http://a" });
    assert.match(complaints.join(), /^to: .*nothing that mode tcp can take clients to/);
    assert.deepEqual(listener.to, { kind: "unix", path: "" });
    assert.match(read({ to: `unix:${"x".repeat(200)}` }).complaints.join(), /bytes at the most/);
  });
});
