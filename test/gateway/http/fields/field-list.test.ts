import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { FieldList } from "../../../../src/gateway/http/fields/field-list.ts";

const fieldName = fc.constantFrom("host", "Host", "HOST", "Hos", "X-Hosts", "accept", "");
const pairs = fc.array(fc.tuple(fieldName, fc.string()));

function listOf(all: readonly (readonly [string, string])[]): FieldList {
  return new FieldList(all.flat());
}

function isHost([name]: readonly [string, string]): boolean {
  return name.toLowerCase() === "host";
}

describe("FieldList", () => {
  it("has fields in their order, with the case of their names, and values without white space around them", () => {
    const fields = new FieldList(["Host", " a\t", "X-Empty", "", "x-inner", "a b", "Host", "b"]);
    assert.equal(fields.size, 4);
    assert.deepEqual(fields.toPairs(), [
      ["Host", "a"],
      ["X-Empty", ""],
      ["x-inner", "a b"],
      ["Host", "b"],
    ]);
  });

  it("finds names in whatever case, the first one, and one that is there exactly once", () => {
    fc.assert(
      fc.property(pairs, (all) => {
        const hosts = all.filter(isHost).map(([, value]) => value.replace(/^[ \t]+|[ \t]+$/g, ""));
        const fields = listOf(all);
        assert.equal(fields.has("host"), hosts.length > 0);
        assert.equal(fields.first("host"), hosts[0]);
        assert.equal(fields.only("host"), hosts.length === 1 ? hosts[0] : undefined);
      }),
    );
  });

  it("leaves out those of a name, and is itself as it was", () => {
    fc.assert(
      fc.property(pairs, (all) => {
        const fields = listOf(all);
        const rest = listOf(all.filter((pair) => !isHost(pair)));
        assert.deepEqual(fields.without("host").toPairs(), rest.toPairs());
        assert.deepEqual(fields.raw, all.flat());
      }),
    );
  });

  it("takes more behind those that it has", () => {
    const fields = new FieldList(["a", "1"]);
    fields.add("b", "2");
    fields.addAll(new FieldList(["c", "3", "a", "4"]));
    assert.deepEqual(fields.raw, ["a", "1", "b", "2", "c", "3", "a", "4"]);
  });
});
