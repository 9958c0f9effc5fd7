import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { fieldKind, isTrailerAllowed } from "../../../../src/gateway/http/fields/field-kinds.ts";
import { FieldList } from "../../../../src/gateway/http/fields/field-list.ts";
import {
  type ToldOfPeer,
  toRequestFields,
  toTrailers,
} from "../../../../src/gateway/http/fields/request-fields.ts";

const STRANGER = peer({});
const PROXIED = peer({ isProxied: true });

/** As `PeerFields` would tell of some connection. */
function peer(told: {
  readonly isProxied?: boolean;
  readonly fields?: string[];
  readonly forwarded?: string[];
}): ToldOfPeer {
  const { isProxied = false, fields, forwarded = ["Forwarded", "for=unknown"] } = told;
  return { isProxied, fields: new FieldList(fields), forwarded: () => new FieldList(forwarded) };
}

/** Names and values in turn, as the upstream gets them. */
function listed(raw: string[], from: ToldOfPeer): readonly string[] {
  return toRequestFields(new FieldList(raw), "app", from).list.raw;
}

/** All but the first and the last, which are ours. */
function passed(raw: string[], from: ToldOfPeer = STRANGER): readonly string[] {
  return listed(raw, from).slice(2, -2);
}

describe("what a client says about itself", () => {
  const OURS = ["Client-Cert", "Client-Cert-Chain", "Handclasp-Peer", "Handclasp-Key", "Handclasp-Other"];
  const PATHS = [
    "X-Original-URL",
    "X-Rewrite-URL",
    "Script-Name",
    "X-Script-Name",
    "Path-Info",
    "Daphne-Root-Path",
    "Proxy",
  ];
  const PROXIES = [
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Client-Cert",
    "X-Real-IP",
    "X-Client-Cert",
    "X-Client-Cert-DN",
    "X-SSL-Client-Verify",
    "SSL-Client-Cert",
    "SSL-Client-S-DN",
    "X-ARR-ClientCert",
    "X-Amzn-Mtls-Clientcert-Subject",
    "Remote-User",
    "X-Remote-Group",
    "X-Forwarded-Tls-Client-Cert",
    "X-Client-Verify",
    "X-SSL",
    "X-Authenticated-Userid",
    "X-Webauth-User",
    "Cf-Connecting-IP",
    "WL-Proxy-Client-Cert",
    "$WSRU",
    "$WSCC",
  ];

  it("is dropped in every spelling that a server behind could take for it", () => {
    const spelled = fc
      .constantFrom(...OURS, ...PATHS, ...PROXIES)
      .chain((name) =>
        fc
          .tuple(...Array.from(name, (letter) => fc.constantFrom(...spellings(letter))))
          .map((all) => all.join("")),
      );
    fc.assert(
      fc.property(spelled, (name) => {
        assert.deepEqual(passed([name, "admin", "X-Other", "1"]), ["X-Other", "1"]);
        assert.equal(isTrailerAllowed(name), false);
      }),
      { numRuns: 5000 },
    );
  });

  it("is dropped as often as it comes", () => {
    assert.deepEqual(passed(["Client-Cert", "a", "client_cert", "b", "Client-Cert", "c"]), []);
  });

  it("is kept from a trusted proxy, but never what is ours to say, nor another path than the one that is judged", () => {
    const raw = [
      "X-Forwarded-For",
      "192.0.2.1",
      "X-Real-IP",
      "192.0.2.1",
      "Client-Cert",
      "x",
      "Handclasp_Peer",
      "x",
      "X-Original-URL",
      "/admin",
      "x_rewrite_url",
      "/admin",
    ];
    assert.deepEqual(passed(raw, PROXIED), ["X-Real-IP", "192.0.2.1"]);
    const both = peer({ isProxied: true, forwarded: ["X-Forwarded-For", "192.0.2.9", "Forwarded", "x"] });
    assert.deepEqual(listed(raw, both).slice(2), [
      "X-Real-IP",
      "192.0.2.1",
      "X-Forwarded-For",
      "192.0.2.1, 192.0.2.9",
      "Forwarded",
      "x",
    ]);
    const list = listed(["Forwarded", "for=a", "forwarded", "for=b"], PROXIED);
    assert.deepEqual(list, ["Host", "app", "Forwarded", "for=a, for=b, for=unknown"]);
  });
});

function spellings(letter: string): readonly string[] {
  return letter === "-" ? ["-", "_", "."] : [letter.toLowerCase(), letter.toUpperCase()];
}

describe("fields of one hop", () => {
  it("do not go on, nor do those that Connection lists", () => {
    const raw = [
      "Connection",
      "keep-alive, X-Hop, Close",
      "X-Hop",
      "1",
      "Keep-Alive",
      "1",
      "Proxy-Connection",
      "a",
      "Proxy-Authorization",
      "b",
      "TE",
      "gzip",
      "Transfer-Encoding",
      "chunked",
      "Upgrade",
      "h2c",
      "X-End",
      "2",
      "HTTP2-Settings",
      "c",
      "Expect",
      "100-continue",
      "Content-Length",
      "5",
    ];
    assert.deepEqual(passed(raw), ["X-End", "2"]);
    assert.equal(toRequestFields(new FieldList(raw), "app", STRANGER).contentLength, 5);
  });

  it("do not take ours away, though Connection lists them", () => {
    const known = peer({ fields: ["Handclasp-Peer", "anna"] });
    const raw = ["Connection", "Handclasp-Peer, Forwarded, Host, Client-Cert", "X-End", "2"];
    assert.deepEqual(listed(raw, known), [
      "Host",
      "app",
      "X-End",
      "2",
      "Forwarded",
      "for=unknown",
      "Handclasp-Peer",
      "anna",
    ]);
  });

  it("say of TE only that trailers are understood", () => {
    assert.deepEqual(passed(["te", "trailers, deflate;q=0.5"]), ["TE", "trailers"]);
  });
});

describe("cookies", () => {
  it("that HTTP/2 splits are one field again", () => {
    assert.deepEqual(passed(["cookie", "a=1", "cookie", "b=2", ":path", "/"]), ["Cookie", "a=1; b=2"]);
  });

  it("of operators' sessions, which browsers send to every port of the host, reach no upstream", () => {
    const session = "__Host-handclasp=hcs1.secret";
    for (const [sent, gone] of [
      [["cookie", session], []],
      [
        ["cookie", `a=1; ${session}; b=2`],
        ["Cookie", "a=1; b=2"],
      ],
      [
        ["cookie", "a=1", "cookie", session, "cookie", "b=2"],
        ["Cookie", "a=1; b=2"],
      ],
      [
        ["cookie", `${session};a=1`],
        ["Cookie", "a=1"],
      ],
      [
        ["cookie", ` __Host-handclasp =x;a=__Host-handclasp`],
        ["Cookie", "a=__Host-handclasp"],
      ],
      [
        ["cookie", "__Host-handclasp2=x"],
        ["Cookie", "__Host-handclasp2=x"],
      ],
    ] as const) {
      assert.deepEqual(passed([...sent, ":path", "/"]), gone);
    }
  });
});

describe("trailers", () => {
  it("carry no field about framing, routing, authentication or the peer", () => {
    const raw = [
      "Digest",
      "1",
      "Content-Length",
      "1",
      "Transfer-Encoding",
      "x",
      "Host",
      "x",
      "Authorization",
      "x",
    ];
    const sent = new FieldList([...raw, "Set-Cookie", "x", "Client_Cert", "x", "Trailer", "x"]);
    assert.deepEqual(toTrailers(sent).toPairs(), [["Digest", "1"]]);
  });
});

describe("the kind of a field", () => {
  it("is that of its name as it is for those that frame a message", () => {
    assert.equal(fieldKind("Transfer-Encoding"), "hop-by-hop");
    assert.equal(fieldKind("Transfer_Encoding"), "end-to-end");
  });
});
