import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Sender } from "../../../src/tls/records/sender.ts";
import { SealedRecords } from "../../../src/explain/seen/sealed-records.ts";

const [CHANGE, ALERT, HANDSHAKE, DATA] = [20, 21, 22, 23];

type Step = readonly [by: Sender, type: number, length: number] | Sender;

/** What was sent behind the ServerHello, in order; a side's name alone is its end. */
function seen(isTls13: boolean, ...steps: readonly Step[]): SealedRecords {
  const records = new SealedRecords();
  records.begin(isTls13);
  for (const step of steps) {
    if (typeof step === "string") records.ended(step);
    else records.header(step[0], Uint8Array.of(step[1], 3, 3, step[2] >> 8, step[2] & 0xff));
  }
  return records;
}

function of13(...steps: readonly Step[]): SealedRecords {
  const flight = [23, 500, 96, 69].map((length) => ["server", DATA, length] as const);
  return seen(true, ...flight, ...steps);
}

function of12(...steps: readonly Step[]): SealedRecords {
  const [client, server] = (["client", "server"] as const).map((by): readonly Step[] => [
    [by, CHANGE, 1],
    [by, HANDSHAKE, 40],
  ]);
  return seen(false, ...(client ?? []), ...(server ?? []), ...steps);
}

/** A client's Certificate in packet 8 and what may be an alert in 10, told when it had ended in this one. */
function toldLate(packetOfEnd: number): SealedRecords {
  const records = of13();
  records.ended("client", packetOfEnd);
  records.header("client", Uint8Array.of(DATA, 3, 3, 1, 200), 8);
  records.header("server", Uint8Array.of(DATA, 3, 3, 0, 19), 10);
  return records;
}

describe("SealedRecords", () => {
  it("tells by its size what a client answered under TLS 1.3", () => {
    const answers: readonly (readonly [readonly number[], string])[] = [
      [[53], "finished"],
      [[69], "finished"],
      [[61], "empty"],
      [[77], "empty"],
      [[25, 53], "empty"],
      [[25, 69], "empty"],
      // Padded by 16 bytes.
      [[85], "finished"],
      [[41, 69], "empty"],
      [[450, 96, 69], "certificate"],
      [[25, 96], "certificate"],
    ];
    for (const [sizes, expected] of answers)
      assert.equal(
        of13(...sizes.map((size) => ["client", DATA, size] as const)).answer,
        expected,
        sizes.join(),
      );
    assert.equal(of13().answer, undefined);
    assert.equal(of13(["client", DATA, 19]).answer, undefined);
    assert.equal(of12(["client", DATA, 53]).answer, undefined);
  });

  it("tells an alert in place of the next message, padded or not", () => {
    for (const size of [19, 35]) {
      assert.equal(of13(["client", DATA, size]).alert, "client");
      assert.equal(of13(["client", DATA, 450], ["server", DATA, size]).alert, "server");
    }
    assert.equal(of13(["client", DATA, 450], ["server", DATA, 250], ["server", DATA, 19]).alert, undefined);
    assert.equal(of13(["client", DATA, 450], ["server", DATA, 35], ["server", DATA, 90]).alert, undefined);
  });

  it("tells a server's alert from its answer to a client's end by their order", () => {
    const shown = ["client", DATA, 450] as const;
    assert.equal(of13(shown, ["server", DATA, 19], "client", "server").alert, "server");
    assert.equal(of13(shown, "client", ["server", DATA, 19], "server").alert, undefined);
    assert.equal(of13(shown, ["client", DATA, 19], ["server", DATA, 19]).alert, undefined);
  });

  it("tells an alert that comes in the middle of the server's flight", () => {
    const broken = seen(true, ["server", DATA, 65], ["server", DATA, 35]);
    assert.equal(broken.alert, "server");
    assert.equal(broken.isAlertInFlight, true);
    assert.equal(of13().isAlertInFlight, false);
    assert.equal(of13(["client", DATA, 450], ["server", DATA, 19]).isAlertInFlight, false);
  });

  it("tells an alert under TLS 1.2 by its type, before any data", () => {
    assert.equal(of12(["server", ALERT, 26]).alert, "server");
    assert.equal(of12(["client", ALERT, 26], ["server", ALERT, 26]).alert, undefined);
    assert.equal(of12(["server", DATA, 300], ["server", ALERT, 26]).alert, undefined);
  });

  it("knows one short answer behind which the server left first, whoever's end came first", () => {
    const [asked, answered] = [["client", DATA, 59] as const, ["server", DATA, 391] as const];
    const [goodbye, back] = [["server", ALERT, 26] as const, ["client", ALERT, 26] as const];
    assert.equal(of12(asked, answered, goodbye, back, "client", "server").isOneExchange, true);
    assert.equal(of12(asked, answered, "server").isOneExchange, true);
    assert.equal(of12(asked, answered, back, goodbye, "server").isOneExchange, false);
    assert.equal(of12(asked, answered, "client").isOneExchange, false);
    assert.equal(of12(asked, ["server", DATA, 1500], goodbye, "server").isOneExchange, false);
    assert.equal(of12(answered, "server").isOneExchange, false);
    const ticket = ["server", DATA, 698] as const;
    const in13 = of13(["client", DATA, 450], ticket, ticket, asked, answered, ["server", DATA, 19], "client");
    assert.equal(in13.isOneExchange, true);
  });

  it("knows a client that left before anything was said", () => {
    assert.equal(of12(["client", ALERT, 26], ["server", DATA, 231]).leftUnspoken, true);
    assert.equal(of12(["server", DATA, 231], ["client", ALERT, 26]).leftUnspoken, false);
    assert.equal(of12(["client", DATA, 59], ["client", ALERT, 26]).leftUnspoken, false);
    const finished = ["client", DATA, 69] as const;
    assert.equal(of13(finished, ["server", DATA, 250], ["client", DATA, 19]).leftUnspoken, true);
    assert.equal(of13(finished, ["client", DATA, 90], ["client", DATA, 19]).leftUnspoken, false);
    assert.equal(of13(["client", DATA, 19]).leftUnspoken, false);
  });

  it("goes by packets where records are told late", () => {
    assert.equal(toldLate(11).alert, "server");
    assert.equal(toldLate(10).alert, "server");
    assert.equal(toldLate(9).alert, undefined);
  });

  it("says nothing of what could be decrypted", () => {
    const records = of13(["client", DATA, 69], ["client", DATA, 19]);
    records.opened("client");
    assert.equal(records.leftUnspoken, false);
  });
});
