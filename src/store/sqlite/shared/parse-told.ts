import { isIP } from "node:net";
import { HandclaspError } from "../../../errors.ts";
import { REFUSAL_REASONS } from "../../../trust/judging/alerts.ts";
import { parseKeyPin } from "../../../trust/naming/key-pin.ts";
import { escapeText, nameKey } from "../../../trust/naming/peer-name.ts";
import type { KeyPin } from "../../../trust/records/key-record.ts";
import type { RecordedReason } from "../../../trust/records/sighting.ts";
import type { SessionRecord } from "../../../trust/port/desk.ts";
import type { RefusalSighting } from "../../../trust/port/ledger.ts";

/** What a text may be as long as in characters, wherever a list shows it. */
const MOST_TEXT = 2000;
/** Clocks of machines differ; what is later than that is no clock. */
const LATER_MS = 24 * 3_600_000;

const REASONS: readonly RecordedReason[] = [...REFUSAL_REASONS, "path-not-allowed"];

export interface ToldRefusal extends RefusalSighting {
  readonly nameKey: string | null;
  readonly machine: string;
}

/** A refusal at another machine. Throws ERR_HANDCLASP_MALFORMED, as all of these. */
export function parseRefusal(json: string, now: number): ToldRefusal {
  const said = new Said("a refusal", json);
  const peer = said.textOrNull("peer");
  return {
    pin: said.pinOrNull(),
    reason: said.reason(),
    detail: said.detail(),
    problem: said.textOrNull("problem"),
    fingerprint: said.fingerprint(),
    peer,
    nameKey: peer === null ? null : nameKey(peer),
    address: said.address("address"),
    listener: said.textOrNull("listener"),
    connection: said.text("connection"),
    firstAt: said.moment("firstAt", now + LATER_MS),
    lastAt: said.moment("lastAt", now + LATER_MS),
    count: said.moment("count", Number.MAX_SAFE_INTEGER),
    machine: said.text("machine"),
  };
}

export function parseRun(json: string): { readonly process: string; readonly machine: string } {
  const said = new Said("a run", json);
  return { process: said.text("process"), machine: said.text("machine") };
}

export interface ToldConnection {
  readonly pin: KeyPin;
  readonly peer: string;
  readonly address: string | null;
  readonly since: number;
  readonly listener: string | null;
}

export function parseConnection(json: string): ToldConnection {
  const said = new Said("a connection", json);
  return {
    pin: said.pin(),
    peer: said.text("peer"),
    address: said.address("address"),
    since: said.moment("since", Number.MAX_SAFE_INTEGER),
    listener: said.textOrNull("listener"),
  };
}

export function parseSession(hash: string, json: string): SessionRecord {
  const said = new Said("a session", json);
  const via = said.text("via");
  if (via !== "link" && via !== "bearer") throw malformed("a session");
  return {
    hash,
    of: said.text("of"),
    via,
    user: said.textOrNull("user"),
    createdAt: said.moment("createdAt", Number.MAX_SAFE_INTEGER),
    expires: said.moment("expires", Number.MAX_SAFE_INTEGER),
  };
}

export interface ToldWaiting {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly newName: string | null;
  readonly firstSeen: number;
  readonly firstAddress: string | null;
  readonly lastSeen: number;
}

export function parseWaiting(json: string): ToldWaiting {
  const said = new Said("a key that waits", json);
  return {
    certificate: said.bytes("certificate"),
    newName: said.name("newName"),
    firstSeen: said.moment("firstSeen", Number.MAX_SAFE_INTEGER),
    firstAddress: said.address("firstAddress"),
    lastSeen: said.moment("lastSeen", Number.MAX_SAFE_INTEGER),
  };
}

/** A JSON object of which nothing is believed. */
class Said {
  readonly #what: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(what: string, json: string) {
    this.#what = what;
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch {
      // It is none, as below.
    }
    if (typeof value !== "object" || value === null) throw malformed(what);
    this.#fields = value as Readonly<Record<string, unknown>>;
  }

  /** Safe to print. */
  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value === "string" && value.length <= MOST_TEXT) return escapeText(value, 2 * MOST_TEXT);
    throw malformed(this.#what, name);
  }

  textOrNull(name: string): string | null {
    return (this.#fields[name] ?? null) === null ? null : this.text(name);
  }

  /** As it was said: whoever takes it looks whether it can be a name. */
  name(name: string): string | null {
    const value = this.#fields[name] ?? null;
    if (value === null || (typeof value === "string" && value.length <= MOST_TEXT)) return value;
    throw malformed(this.#what, name);
  }

  pin(): KeyPin {
    const pin = parseKeyPin(this.text("pin"));
    if (pin !== undefined) return pin;
    throw malformed(this.#what, "pin");
  }

  pinOrNull(): KeyPin | null {
    return this.textOrNull("pin") === null ? null : this.pin();
  }

  reason(): RecordedReason {
    const said = this.text("reason");
    const reason = REASONS.find((each) => each === said);
    if (reason !== undefined) return reason;
    throw malformed(this.#what, "reason");
  }

  detail(): RefusalSighting["detail"] {
    const detail = this.textOrNull("detail");
    if (detail === null || /^[a-z][a-z-]{0,60}$/.test(detail)) return detail as RefusalSighting["detail"];
    throw malformed(this.#what, "detail");
  }

  fingerprint(): string | null {
    const fingerprint = this.textOrNull("fingerprint");
    if (fingerprint === null || /^[0-9a-f]{64}$/.test(fingerprint)) return fingerprint;
    throw malformed(this.#what, "fingerprint");
  }

  address(name: string): string | null {
    const address = this.textOrNull(name);
    if (address === null || isIP(address) !== 0) return address;
    throw malformed(this.#what, name);
  }

  bytes(name: string): Uint8Array {
    const value = this.#fields[name];
    if (typeof value === "string") return new Uint8Array(Buffer.from(value, "base64"));
    throw malformed(this.#what, name);
  }

  moment(name: string, latest: number): number {
    const value = this.#fields[name];
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= latest)
      return value;
    throw malformed(this.#what, name);
  }
}

function malformed(what: string, field?: string): HandclaspError {
  const about = field === undefined ? "" : `: its ${field}`;
  return new HandclaspError("ERR_HANDCLASP_MALFORMED", `this is not ${what}${about}`);
}
