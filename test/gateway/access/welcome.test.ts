import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { requestRules, welcomeOf } from "../../../src/gateway/access/welcome.ts";
import type { ListenerConfig } from "../../../src/gateway/config/config.ts";

type Said = Pick<ListenerConfig, "allow" | "paths" | "clientCertificate">;

function said(over: Partial<Said> = {}): Said {
  return { allow: undefined, paths: [], clientCertificate: "required", ...over };
}

function both(entries: readonly string[]): unknown {
  return { known: entries, newcomers: entries };
}

const ADMIN = { path: "/admin", allow: ["anna"] };
const HEALTH = { path: "/health", allow: ["anyone"] };
const LAN = { path: "/lan", allow: ["network:10.0.0.0/8"] };

describe("whom a listener lets through its handshake", () => {
  it("is who is in its list, or every peer, or everybody where no certificate is required", () => {
    assert.deepEqual(welcomeOf(said()), both(["any-peer"]));
    assert.deepEqual(welcomeOf(said({ clientCertificate: "optional" })), both(["anyone"]));
    assert.deepEqual(welcomeOf(said({ clientCertificate: "none" })), both(["anyone"]));
    for (const clientCertificate of ["optional", "required"] as const) {
      assert.deepEqual(welcomeOf(said({ allow: ["anna"], clientCertificate })), both(["anna"]));
      assert.deepEqual(welcomeOf(said({ allow: [], clientCertificate, paths: [ADMIN] })), both([]));
    }
  });

  it("is everybody where a path lets in who has no certificate, but newcomers only by the listener's list", () => {
    for (const path of [HEALTH, LAN]) {
      const paths = [ADMIN, path];
      const { known, newcomers } = welcomeOf(said({ paths, clientCertificate: "optional" }));
      assert.deepEqual([known, newcomers], [["anyone"], ["any-peer"]]);
      assert.deepEqual(welcomeOf(said({ paths, allow: ["anna"] })).newcomers, ["anna"]);
    }
  });
});

describe("the rules for requests", () => {
  it("are those of the paths where the handshake asked for the listener's list", () => {
    assert.deepEqual(requestRules(said({ allow: ["anna", "bob"], paths: [ADMIN] })), {
      rules: [{ path: "/admin", own: ["anna"], listeners: undefined }],
      rest: undefined,
    });
  });

  it("ask for the listener's list for all but the paths that let in who has no certificate", () => {
    const listeners = ["anna", "bob"];
    assert.deepEqual(requestRules(said({ allow: listeners, paths: [HEALTH, ADMIN, LAN] })), {
      rules: [
        { path: "/health", own: ["anyone"], listeners: undefined },
        { path: "/admin", own: ["anna"], listeners },
        { path: "/lan", own: ["network:10.0.0.0/8"], listeners: undefined },
      ],
      rest: { path: "/", own: undefined, listeners },
    });
    assert.deepEqual(requestRules(said({ paths: [HEALTH] })).rest?.listeners, ["any-peer"]);
  });
});
