import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FieldList } from "../../../../src/gateway/http/fields/field-list.ts";
import {
  toHttp2Fields,
  toHttp2Request,
  withoutPseudo,
} from "../../../../src/gateway/http/fields/http2-fields.ts";

describe("fields of HTTP/2", () => {
  it("have names in lower case, and what is there again in a list, in order", () => {
    const fields = new FieldList(["Accept", "a", "X-One", "1", "accept", "b", "ACCEPT", "c"]);
    assert.deepEqual({ ...toHttp2Fields(fields) }, { accept: ["a", "b", "c"], "x-one": "1" });
  });

  it("may be called what objects have already", () => {
    const fields = toHttp2Fields(new FieldList(["__proto__", "a", "constructor", "b"]));
    assert.deepEqual(Object.entries(fields), [
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
  });

  it("have a request's host as a pseudo field, and not beside it", () => {
    assert.deepEqual(
      { ...toHttp2Request(new FieldList(["Host", "a.example", "Accept", "x"])) },
      {
        accept: "x",
        ":scheme": "http",
        ":authority": "a.example",
      },
    );
  });

  it("are without pseudo fields once they are read", () => {
    const fields = withoutPseudo([":status", "200", "server", "x"]);
    assert.deepEqual([fields.size, fields.nameAt(0)], [1, "server"]);
  });
});
