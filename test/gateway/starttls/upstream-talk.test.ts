import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { array, assert as assertProperty, constantFrom, nat, oneof, property, uint8Array } from "fast-check";
import { IMAP_UPSTREAM, POP3_UPSTREAM, SMTP_UPSTREAM } from "../../../src/gateway/starttls/upstream-rules.ts";
import { type UpstreamRules, UpstreamTalk } from "../../../src/gateway/starttls/upstream-talk.ts";
import { propertyRuns } from "../../support/property-runs.ts";

/** What was said by whom: a client's words begin with `>`. */
function hear(rules: UpstreamRules, ...said: readonly string[]): string {
  const talk = new UpstreamTalk(rules);
  let heard = "";
  for (const words of said) {
    if (words.startsWith(">")) talk.heard(Buffer.from(words.slice(1), "latin1"));
    else heard += Buffer.from(talk.read(Buffer.from(words, "latin1"))).toString("latin1");
  }
  return heard;
}

const LINES: Readonly<Record<string, readonly [UpstreamRules, string, readonly string[]]>> = {
  SMTP: [
    SMTP_UPSTREAM,
    "220-mail.example\r\n220 ESMTP\r\n",
    [
      "250-mail.example\r\n",
      "250-STARTTLS\r\n",
      "250 STARTTLS\r\n",
      "250 Ok\r\n",
      "221 Bye\r\n",
      "\r\n",
      "x",
    ],
  ],
  IMAP: [
    IMAP_UPSTREAM,
    "* OK [CAPABILITY STARTTLS] ready\r\n",
    [
      "* CAPABILITY IMAP4rev1 STARTTLS\r\n",
      "a OK [CAPABILITY STARTTLS] done\r\n",
      "+ go on\r\n",
      "x\r\n",
      "y",
    ],
  ],
  POP3: [
    POP3_UPSTREAM,
    "+OK ready <1@2>\r\n",
    ["+OK\r\n", "STLS\r\n", "UIDL\r\n", ".\r\n", "-ERR no\r\n", "x"],
  ],
};

for (const [name, [rules, greeting, lines]] of Object.entries(LINES)) {
  describe(`what an upstream of ${name} says behind TLS`, () => {
    it("is the same in whatever pieces it comes", () => {
      const said = array(
        oneof({ weight: 9, arbitrary: constantFrom(...lines) }, uint8Array({ maxLength: 5 })),
      );
      assertProperty(
        property(said, array(nat(), { maxLength: 8 }), (all, places) => {
          const bytes = Buffer.concat(
            [greeting, ...all].map((each) => Buffer.from(each as string, "latin1")),
          );
          const whole = new UpstreamTalk(rules);
          const heard = Buffer.concat([whole.read(bytes), whole.end()]);
          const talk = new UpstreamTalk(rules);
          const cuts = [0, ...places.map((place) => place % bytes.length).toSorted((a, b) => a - b)];
          const pieces = cuts.map((from, at) => Buffer.from(talk.read(bytes.subarray(from, cuts[at + 1]))));
          assert.deepEqual(Buffer.concat([...pieces, talk.end()]), heard);
        }),
        { numRuns: propertyRuns(300) },
      );
    });

    it("is a greeting first, or an error", () => {
      for (const said of [
        "HTTP/1.1 400 Bad Request\r\n",
        "\r\n",
        "* PREAUTH welcome\r\n",
        "x".repeat(70_000),
      ]) {
        assert.throws(() => new UpstreamTalk(rules).read(Buffer.from(said)), /greets/);
      }
      assert.throws(() => new UpstreamTalk(rules).end(), /without a greeting/);
    });

    it("is passed on as it is once a line is longer than any such server says", () => {
      const long = Buffer.alloc(70_000, "x");
      const talk = new UpstreamTalk(rules);
      talk.read(Buffer.from(greeting));
      assert.deepEqual(Buffer.from(talk.read(long)), long);
      assert.deepEqual(Buffer.from(talk.read(Buffer.from("STLS\r\n"))), Buffer.from("STLS\r\n"));
    });
  });
}

describe("an upstream of SMTP", () => {
  it("offers no STARTTLS, wherever in its reply that stands", () => {
    const greeting = "220 mail.example\r\n";
    const replies = [
      ["250-a\r\n250-STARTTLS\r\n250 SIZE\r\n", "250-a\r\n250 SIZE\r\n"],
      ["250-a\r\n250-SIZE\r\n250 STARTTLS\r\n", "250-a\r\n250 SIZE\r\n"],
      ["250-a\r\n250 starttls\r\n", "250 a\r\n"],
      ["250-STARTTLS.example\r\n250 SIZE\r\n", "250-STARTTLS.example\r\n250 SIZE\r\n"],
      ["250 STARTTLS\r\n", "250 STARTTLS\r\n"],
      ["250-a\n250 STARTTLS\n", "250 a\n"],
    ] as const;
    for (const [said, heard] of replies) assert.equal(hear(SMTP_UPSTREAM, greeting, said), heard);
  });

  it("turns the client away in its own words, which answer whatever that says next", () => {
    for (const said of ["421 4.3.2 busy\r\n", "554-no\r\n554 not you\r\n"])
      assert.equal(hear(SMTP_UPSTREAM, said, ">EHLO me\r\n", "503 no\r\n"), `${said}503 no\r\n`);
  });

  it("is left alone once a mail was begun", () => {
    const said = ["220 a\r\n", ">EHLO me\r\n", "250 a\r\n", ">MAIL FROM:<a@b>\r\n", "250 Ok\r\n"];
    assert.equal(hear(SMTP_UPSTREAM, ...said, "250-"), "250 a\r\n250 Ok\r\n250-");
  });
});

describe("an upstream of IMAP", () => {
  it("offers no STARTTLS, in its capabilities and in what they come with", () => {
    const said = [
      "* OK ready\r\n",
      "* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\na OK [CAPABILITY IMAP4rev1 STARTTLS] done\r\n",
    ];
    const heard = "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na OK [CAPABILITY IMAP4rev1] done\r\n";
    assert.equal(hear(IMAP_UPSTREAM, ...said), heard);
  });

  it("says LOGINDISABLED where that is so", () => {
    const said = ["* OK ready\r\n", "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n"];
    assert.equal(hear(IMAP_UPSTREAM, ...said), "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n");
  });

  it("is left alone once somebody logged in, in whatever pieces that was said", () => {
    const capability = "* CAPABILITY STARTTLS\r\n";
    const said = [
      "* OK ready\r\n",
      ">a LOG",
      ">IN me secret\r\n",
      "a NO wrong\r\n",
      capability,
      "b OK in\r\n",
    ];
    assert.equal(
      hear(IMAP_UPSTREAM, ...said, capability, "binary"),
      `a NO wrong\r\n* CAPABILITY\r\nb OK in\r\n${capability}binary`,
    );
    const tag = "t".repeat(600);
    assert.equal(hear(IMAP_UPSTREAM, "* OK\r\n", `>${tag}`, "x OK in\r\n", "y"), "x OK in\r\ny");
  });
});

describe("an upstream of POP3", () => {
  it("offers no STLS in its list, and has mail that does", () => {
    const said = ["+OK ready\r\n", ">CAPA\r\n", "+OK\r\nTOP\r\nSTLS\r\nUIDL\r\n.\r\n"];
    assert.equal(hear(POP3_UPSTREAM, ...said), "+OK\r\nTOP\r\nUIDL\r\n.\r\n");
    const mail = [
      ...said,
      ">USER me\r\nPASS secret\r\n",
      "+OK\r\n+OK\r\n",
      ">RETR 1\r\n",
      "+OK\r\nSTLS\r\n.\r\n",
    ];
    assert.ok(hear(POP3_UPSTREAM, ...mail).endsWith("+OK\r\n+OK\r\n+OK\r\nSTLS\r\n.\r\n"));
  });
});
