import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AllowList, AllowLists } from "../../../src/gateway/access/allow-list.ts";

/** `lab` has Ben in it. */
const groups = { isMember: (group: string, name: string) => group === "lab" && name === "ben" };

function from(remoteAddress: string | undefined): { readonly remoteAddress: string | undefined } {
  return { remoteAddress };
}

describe("AllowList", () => {
  it("has peers by name and by group, however they are written", () => {
    const list = new AllowList(["Anna", "group:LAB", "name:Carl"], groups);
    for (const peer of ["anna", "Ben", "CARL"]) assert.ok(list.has(peer), peer);
    assert.equal(list.has("dora"), false);
    assert.equal(list.has("ben", from("10.0.0.1"), ["lab"]), false);
    assert.ok(list.has("anna", from("10.0.0.1"), ["lab"]));
  });

  it("has nobody when it is empty, and nobody without a certificate but by a word", () => {
    assert.equal(new AllowList([], groups).has("ben"), false);
    for (const entry of ["anna", "group:lab", "any-peer", "name:anyone"]) {
      assert.equal(new AllowList([entry], groups).has(undefined, from("10.0.0.1")), false, entry);
    }
  });

  it("has every peer by any-peer, and by anyone whoever comes", () => {
    const [peers, all] = [new AllowList(["any-peer"], groups), new AllowList(["anyone"], groups)];
    assert.ok(peers.has("dora"));
    assert.ok(all.has("dora") && all.has(undefined));
    assert.ok(peers.hasEveryPeer && all.hasEveryPeer);
    assert.equal(peers.hasNetworks || all.hasNetworks, false);
  });

  it("has whoever comes from a network, with a certificate or without, however the address is written", () => {
    const list = new AllowList(["network:10.0.0.0/8", "network:2001:db8::/32", "anna"], groups);
    for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::7"]) {
      assert.ok(list.has(undefined, from(address)), address);
      assert.ok(list.has("dora", from(address)), address);
    }
    for (const address of [
      "11.1.2.3",
      "::ffff:11.1.2.3",
      "2001:db9::1",
      "::10.1.2.3",
      "",
      "local",
      undefined,
    ]) {
      assert.equal(list.has(undefined, from(address)), false, String(address));
      assert.equal(list.has("dora", from(address)), false, String(address));
      assert.ok(list.has("anna", from(address)));
    }
    assert.equal(list.has(undefined), false);
    assert.equal(list.hasEveryPeer, false);
  });

  it("asks where somebody comes from only when it has networks", () => {
    const unasked = {
      get remoteAddress(): string {
        throw new Error("nobody needs to know");
      },
    };
    assert.ok(new AllowList(["anyone"], groups).has(undefined, unasked));
    assert.equal(new AllowList(["any-peer", "anna"], groups).has(undefined, unasked), false);
    assert.ok(new AllowList(["network:10.0.0.0/8", "anna"], groups).has("anna", unasked));
  });

  it("takes a word for itself and name: for whoever is called so", () => {
    assert.equal(new AllowList(["name:anyone"], groups).has("ben"), false);
    assert.ok(new AllowList(["name:anyone"], groups).has("Anyone"));
    assert.ok(new AllowList(["name:group:lab"], groups).has("group:lab"));
    assert.equal(new AllowList(["name:group:lab"], groups).has("ben"), false);
    assert.ok(new AllowList(["name:name:x"], groups).has("name:x"));
  });
});

describe("AllowLists", () => {
  it("reads a list once for a configuration, however many requests it decides about", () => {
    let reads = 0;
    const names = Array.from({ length: 1000 }, (_, at) => `peer-${at}`);
    const watched = new Proxy(names, {
      get(target, key): unknown {
        reads += 1;
        return Reflect.get(target, key);
      },
    });
    const lists = new AllowLists(groups);
    assert.ok(lists.of(watched).has("peer-999"));
    const once = reads;
    for (let request = 0; request < 100; request++) assert.equal(lists.of(watched).has("mallory"), false);
    assert.equal(reads, once);
  });

  it("keeps lists apart", () => {
    const lists = new AllowLists(groups);
    assert.ok(lists.of(["anna"]).has("anna"));
    assert.equal(lists.of(["ben"]).has("anna"), false);
  });
});
