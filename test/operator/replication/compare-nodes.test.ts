import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { differencesOf } from "../../../src/operator/replication/compare-nodes.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import type { KnownNode, NodeListener } from "../../../src/trust/port/node-roster.ts";
import { factsOf } from "../../support/certificates.ts";

const NOW = Date.UTC(2026, 0, 1);
const [one, other] = [factsOf("one").pin, factsOf("other").pin];

function listenerOn(port: number, pin = one): NodeListener {
  return { address: `10.0.0.1:${port}`, host: "10.0.0.1", port, pin };
}

function nodeWith(name: string, changed: Partial<KnownNode> = {}): KnownNode {
  return {
    id: `${name}-id`,
    name,
    version: "0.1.0",
    rules: 1,
    position: 7,
    head: { sequence: 5, hash: "ab".repeat(32) },
    digest: "cd".repeat(32),
    listeners: [listenerOn(8443)],
    seenAt: NOW - 500,
    ...changed,
  };
}

function problemsOf(...nodes: readonly KnownNode[]): readonly string[] {
  return differencesOf(nodes, NOW).map(({ problem }) => problem);
}

describe("differencesOf", () => {
  it("names a machine that is two", () => {
    assert.match(
      problemsOf(nodeWith("a", { isDoubled: true }), nodeWith("b")).join(),
      /^two machines are a in turns/,
    );
  });

  it("says which two are called alike, and what tells them apart", () => {
    assert.deepEqual(differencesOf([nodeWith("a"), nodeWith("a", { id: "another" }), nodeWith("b")], NOW), [
      {
        kind: "named-alike",
        problem: "2 machines are called a: a-id, another",
        remedies: [{ act: "name-machine", at: "server" }],
      },
    ]);
    assert.deepEqual(problemsOf(nodeWith("a"), nodeWith("a", { id: "another", seenAt: NOW - 3_600_000 })), [
      "a (another) was not seen for 1 h",
    ]);
  });

  it("finds nothing between machines that are equally far, show one key and know the same rules", () => {
    assert.deepEqual(
      problemsOf(nodeWith("a"), nodeWith("b"), nodeWith("c", { position: 6, digest: "00" })),
      [],
    );
    assert.deepEqual(problemsOf(nodeWith("a", { listeners: [] }), nodeWith("b")), []);
    assert.deepEqual(problemsOf(), []);
  });

  it("says who came to something else by the same changes", () => {
    const odd = nodeWith("c", { digest: "ee".repeat(32) });
    assert.deepEqual(problemsOf(nodeWith("a"), nodeWith("b"), odd), [
      "by the same 7 changes machines came to something else: a, b | c",
    ]);
  });

  it("compares nobody with a machine that is new, and has nothing of the copy that a log begins with", () => {
    const blank = { position: 0, head: { sequence: 0, hash: "00".repeat(32) }, digest: "ee".repeat(32) };
    assert.deepEqual(problemsOf(nodeWith("a", { position: 0 }), nodeWith("b", blank)), []);
  });

  it("says who shows another key on a port", () => {
    const odd = nodeWith("c", { listeners: [listenerOn(8443, other), listenerOn(9443, other)] });
    assert.deepEqual(problemsOf(nodeWith("a"), nodeWith("b"), odd), [
      `machines show port 8443 different keys: a, b show ${toKeyId(one).slice(0, 15)}; c shows ${toKeyId(other).slice(0, 15)}. Behind one address, clients that know one refuse the other`,
    ]);
  });

  it("compares all that machines show where they have no port in common", () => {
    assert.deepEqual(
      problemsOf(
        nodeWith("a", { listeners: [listenerOn(8441)] }),
        nodeWith("b", { listeners: [listenerOn(8442)] }),
      ),
      [],
    );
    assert.match(
      problemsOf(
        nodeWith("a", { listeners: [listenerOn(8441)] }),
        nodeWith("b", { listeners: [listenerOn(8442, other)] }),
      ).join("\n"),
      /^machines show clients different keys: a shows \S+; b shows \S+\. Behind one address/,
    );
  });

  it("says who is not there any more, whatever key it showed, and whom newer rules wait for", () => {
    const gone = nodeWith("c", { seenAt: NOW - 3_600_000, listeners: [listenerOn(8443, other)] });
    assert.deepEqual(problemsOf(nodeWith("a", { rules: 2 }), nodeWith("b"), gone), [
      "rules 2 have to wait for b (0.1.0)",
      "c was not seen for 1 h",
    ]);
  });
});
