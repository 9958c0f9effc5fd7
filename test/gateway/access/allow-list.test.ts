import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AllowList, AllowLists } from "../../../src/gateway/access/allow-list.ts";

/** `lab` has Ben in it. */
const groups = { isMember: (group: string, name: string) => group === "lab" && name === "ben" };

describe("AllowList", () => {
  it("has peers by name and by group, however they are written", () => {
    const list = new AllowList(["Anna", "group:LAB"], groups);
    assert.ok(list.has("anna"));
    assert.ok(list.has("Ben"));
    assert.equal(list.has("carl"), false);
    assert.equal(list.hasWithout("ben", ["lab"]), false);
    assert.ok(list.hasWithout("anna", ["lab"]));
  });

  it("has everybody when there is none, and nobody when it is empty", () => {
    assert.ok(new AllowList(undefined, groups).has("anyone"));
    assert.equal(new AllowList([], groups).has("ben"), false);
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
