import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { isOnThisMachine } from "../../../src/trust/port/cluster-address.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";

const DATA = (): string => "/data";
const isHere = (host: string): boolean => isOnThisMachine({ host, port: 1 });
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

describe("the URL of a store that machines share", () => {
  it("says whom to ask, as whom, and where this machine's replica is", () => {
    const url = StoreUrl.parse(
      "postgres://ada@db1,db2:6432,[::1]/trust?replica=/var/lib/r.db&schema=tofu&node=edge-1&max_staleness=30s&sslrootcert=ca.pem",
    );
    assert.deepEqual([url.kind, url.file], ["postgres", "/var/lib/r.db"]);
    assert.deepEqual(url.cluster, {
      user: "ada",
      hosts: [
        { host: "db1", port: 5432 },
        { host: "db2", port: 6432 },
        { host: "::1", port: 5432 },
      ],
      database: "trust",
      schema: "tofu",
      node: "edge-1",
      maxStalenessMs: 30_000,
      usesSnapshots: true,
      targetSession: "read-write",
      tls: "usual",
      rootCert: "ca.pem",
    });
  });

  it("has defaults: five minutes, the schema handclasp, and a replica of its own in the data folder", () => {
    const url = StoreUrl.parse("postgresql://ada@db/trust", DATA);
    assert.deepEqual(
      [url.cluster?.schema, url.cluster?.maxStalenessMs, url.cluster?.node],
      ["handclasp", 300_000, null],
    );
    assert.match(url.file ?? "", /^\/data\/replica-[0-9a-f]{16}\.db$/);
    assert.equal(StoreUrl.parse("postgres://ben@db:5432/trust?node=x", DATA).file, url.file);
    for (const other of [
      "postgres://ada@db/other",
      "postgres://ada@db/trust?schema=b",
      "postgres://ada@db2/trust",
    ])
      assert.notEqual(StoreUrl.parse(other, DATA).file, url.file, other);
  });

  it("means files as seen from the folder that it was said in, as all paths", () => {
    const url = StoreUrl.parse("postgres://ada@db/trust?replica=r.db&sslrootcert=ca.pem").in(
      "/etc/handclasp",
    );
    assert.deepEqual([url.file, url.cluster?.rootCert], ["/etc/handclasp/r.db", "/etc/handclasp/ca.pem"]);
    assert.equal(
      url.beside((own) => `${own}.server.pem`),
      "/etc/handclasp/r.db.server.pem",
    );
    assert.equal(
      StoreUrl.parse("postgres://ada@db/t?replica=r&sslrootcert=system").in("/x").cluster?.rootCert,
      "system",
    );
  });

  it("takes the folder of a Unix socket for a host, and knows what stays on this machine", () => {
    const { cluster } = StoreUrl.parse("postgres://ada@%2Fvar%2Frun%2Fpostgresql/t?replica=r.db");
    assert.deepEqual(cluster?.hosts, [{ host: "/var/run/postgresql", port: 5432 }]);
    assert.deepEqual(
      ["/run", "localhost", "127.0.0.1", "127.8.9.1", "::1", "127.0.0.1.example.com", "db", "10.0.0.1"].map(
        isHere,
      ),
      [true, true, true, true, true, false, false, false],
    );
  });

  it("says whether a new machine carries out the whole log, and nothing else of snapshots", () => {
    const text = "postgres://ada@db/trust?replica=r.db&snapshot=no";
    const url = StoreUrl.parse(text);
    assert.deepEqual([url.cluster?.usesSnapshots, url.toString()], [false, text]);
    assert.equal(StoreUrl.parse(text.replace("no", "yes")).cluster?.usesSnapshots, true);
    assert.throws(() => StoreUrl.parse(text.replace("no", "never")), { code: "ERR_HANDCLASP_OPTION" });
  });

  it("refuses a password wherever it stands, and quotes none", () => {
    for (const text of [
      "postgres://ada:secret@db/trust?replica=r.db",
      "postgres://ada:sec/ret@db/trust?replica=r.db",
      "postgres://ada:sec@ret@db/trust",
      "postgres://:secret@db/trust",
      "postgres://ada@db/trust?password=secret",
      "postgres://ada@db/trust?replica=r.db&sslpassword=secret",
      "postgres://ada:%zzsecret@db/trust",
      "POSTGRES://ada:secret@db/trust",
      "mysql://ada:secret@db/trust",
    ]) {
      assert.throws(
        () => StoreUrl.parse(text, DATA),
        (error) => {
          assert.ok(isHandclaspError(error, "ERR_HANDCLASP_OPTION"), text);
          assert.doesNotMatch(
            `${error.message} ${error.hint} ${JSON.stringify(error.details)}`,
            /sec|ret@/,
            text,
          );
          return true;
        },
      );
    }
  });

  it("refuses what it cannot do, or could be talked out of", () => {
    for (const [text, message] of [
      ["postgres://db/trust", /not as whom/],
      ["postgres://ada@/trust", /no host/],
      ["postgres://ada@db", /no database/],
      ["postgres://ada@db/", /no database/],
      ["postgres://ada@db:0/t", /no host/],
      ["postgres://ada@db:65536/t", /no host/],
      ["postgres://ada@db/t?sslmode=prefer", /talked out of TLS/],
      ["postgres://ada@db/t?sslmode=allow", /talked out of TLS/],
      ["postgres://ada@db/t?sslmode=disable", /talked out of TLS/],
      ["postgres://ada@db/t?sslmode=dangerously-disable&sslrootcert=ca.pem", /without TLS/],
      ["postgres://ada@db/t?schema=A%22;drop", /schema/],
      ["postgres://ada@db/t?schema=Upper", /schema/],
      ["postgres://ada@db/t?node=a%20b", /node/],
      ["postgres://ada@db/t?max_staleness=fast", /max_staleness/],
      ["postgres://ada@db/t?target_session_attrs=standby", /target_session_attrs/],
      ["postgres://ada@db/t?replica=", /replica/],
      ["postgres://ada@db/t?replica=a&replica=b", /twice/],
      ["postgres://ada@db/t?options=x", /"options"/],
      ["postgres://ada@db/t?replica=%zz", /%/],
      ["postgres://ada%00@db/t", /user/],
    ] as const) {
      assert.throws(
        () => StoreUrl.parse(text, DATA),
        (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION") && message.test(error.message),
        text,
      );
    }
    assert.throws(() => StoreUrl.parse("postgres://ada@db/trust"), /where its replica is/);
  });

  it("is written so that it is read as the same again", () => {
    const word = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
      .filter((text) => !/\p{Cc}/u.test(text));
    const host = fc.record(
      {
        host: fc.constantFrom("db", "db.example.com", "10.1.2.3", "::1", "fe80::1", "/var/run/postgresql"),
        port: fc.integer({ min: 1, max: 65_535 }),
      },
      { noNullPrototype: true },
    );
    const urls = fc.record({
      user: word,
      hosts: fc.array(host, { minLength: 1, maxLength: 3 }),
      database: word,
      replica: word,
      schema: optional(fc.stringMatching(/^[a-z_][a-z0-9_]{0,20}$/)),
      node: optional(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/)),
      max_staleness: optional(fc.constantFrom("0", "1s", "90s", "5m", "2h", "7d")),
      sslmode: optional(fc.constantFrom("require", "verify-full")),
      sslrootcert: optional(word),
      target_session_attrs: optional(fc.constantFrom("any", "read-write")),
    });
    fc.assert(
      fc.property(urls, ({ user, hosts, database, ...parameters }) => {
        const places = hosts.map(({ host: name, port }) =>
          name.startsWith("/")
            ? `${encodeURIComponent(name)}:${port}`
            : `${name.includes(":") ? `[${name}]` : name}:${port}`,
        );
        const query = Object.entries(parameters).flatMap(([name, value]) =>
          value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
        );
        const text = `postgres://${encodeURIComponent(user)}@${places.join(",")}/${encodeURIComponent(database)}?${query.join("&")}`;
        const url = StoreUrl.parse(text);
        assert.deepEqual(
          [url.cluster?.user, url.cluster?.hosts, url.file],
          [user, hosts, parameters.replica],
        );
        assert.deepEqual(StoreUrl.parse(String(url)), url);
        assert.deepEqual(StoreUrl.parse(JSON.parse(JSON.stringify(url)) as string), url);
      }),
    );
  });

  it("comes to our error for whatever else follows postgres://", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (rest) => {
        try {
          const url = StoreUrl.parse(`postgres://${rest}`, DATA);
          assert.deepEqual(StoreUrl.parse(String(url)), url);
        } catch (error) {
          assert.ok(isHandclaspError(error, "ERR_HANDCLASP_OPTION"), String(error));
        }
      }),
    );
  });
});
