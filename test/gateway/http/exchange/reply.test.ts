import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { endToEnd, withoutFields } from "../../../../src/gateway/http/exchange/reply.ts";
import { FieldList } from "../../../../src/gateway/http/fields/field-list.ts";

describe("fields of an answer", () => {
  it("go on in their order and case, but for those of one hop and those that Connection lists", () => {
    const sent = new FieldList(
      ["Set-Cookie", "a", "CONNECTION", "close, X-Hop", "x-hop", "1", "Keep-Alive", "timeout=5"].concat([
        "Transfer-Encoding",
        "chunked",
        "set-cookie",
        "b",
        "Upgrade",
        "h2c",
        "TE",
        "trailers",
      ]),
    );
    const { list, isSized, announcesTrailers } = endToEnd(sent);
    assert.deepEqual(list.raw, ["Set-Cookie", "a", "set-cookie", "b"]);
    assert.deepEqual({ isSized, announcesTrailers }, { isSized: false, announcesTrailers: false });
  });

  it("set no session of operators, whatever else they set", () => {
    const session = [
      "__Host-handclasp=hcs1.x; Path=/; Secure",
      " __Host-handclasp =x",
      "=__Host-handclasp=x",
    ];
    const sent = new FieldList(session.flatMap((value) => ["Set-Cookie", value]).concat("set-cookie", "a=1"));
    assert.deepEqual(endToEnd(sent).list.raw, ["set-cookie", "a=1"]);
  });

  it("say how long the body is, and that trailers follow", () => {
    const sent = new FieldList(["content-length", "5", "Trailer", "Digest"]);
    assert.deepEqual(endToEnd(sent), { list: sent, isSized: true, announcesTrailers: true });
  });

  it("keep their length, whatever Connection lists: it is framing", () => {
    const sent = new FieldList(["Content-Length", "5", "Connection", "content-length, x-a", "X-A", "1"]);
    assert.deepEqual(endToEnd(sent).list.raw, ["Content-Length", "5"]);
    assert.deepEqual(withoutFields(sent, ["connection", "x-a"]).raw, ["Content-Length", "5"]);
  });

  it("cannot go on when the body is in a coding for this hop", () => {
    const sent = new FieldList(["Transfer-Encoding", "gzip, chunked"]);
    assert.throws(() => endToEnd(sent), /in a coding for this hop: "gzip, chunked"/);
  });
});
