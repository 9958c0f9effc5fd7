import { setTimeout as wait } from "node:timers/promises";
import type { Happenings } from "../../../trust/happenings/happenings.ts";
import type { TrustChanges } from "../../../trust/happenings/trust-changes.ts";
import type { Trust } from "../../../trust/trust.ts";
import type { KeyPin } from "../../../x509/certificate-facts.ts";
import type { TrustPush } from "../trust-push.ts";
import { HaproxyProcess } from "./haproxy-process.ts";
import type { OpenStream } from "./open-streams.ts";
import { RuntimeApi } from "./runtime-api.ts";
import { TrustedCertificates } from "./trusted-certificates.ts";

export interface HaproxyPushOptions {
  /** The path of HAProxy's stats socket. */
  readonly socket: string;
  /** What its configuration calls the map. */
  readonly map: string;
  readonly trust: Trust;
  readonly happenings: Happenings;
  /** The name by which the authorizer tells of those it lets in. */
  readonly listener: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const STEP_MS = 1000;
/** A process that stops hands its socket over first. */
const TAKEOVER_MS = 100;

/**
 * Keeps the map of certificates that HAProxy admits without asking, and ends what those have open who are not trusted any more:
 * in the process that has the socket, and in former ones as long as they have connections.
 */
export class HaproxyPush implements TrustPush {
  readonly #options: HaproxyPushOptions;
  readonly #certificates: TrustedCertificates;
  readonly #processes = new Map<HaproxyProcess, () => void>();
  /** Keys that fell, or are called something else, since whoever has the socket was in step. */
  readonly #fallen = new Set<KeyPin>();
  readonly #following = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #stops: readonly (() => void)[] = [];
  #state: "unknown" | "in-step" | "failed" = "unknown";

  /** Throws what the store throws. */
  constructor(options: HaproxyPushOptions) {
    this.#options = options;
    const { trust, now, happenings, listener } = options;
    this.#certificates = new TrustedCertificates({
      trust,
      now,
      onEntry: (fingerprint) => {
        for (const process of this.#processes.keys()) process.changed(fingerprint);
        this.#wake();
      },
      onError: (error) => happenings.tell({ type: "failed", connection: undefined, listener, error }),
    });
  }

  start(): void {
    const { trust, happenings, listener } = this.#options;
    this.#stops = [
      trust.onChange((changes) => this.#changed(changes)),
      happenings.subscribe(["met", "rotated", "recognised"], ({ connection, peer }) => {
        if (connection.listener !== listener || peer.certificate === undefined) return;
        this.#certificates.admitted(peer.certificate.der, peer.fingerprint);
      }),
    ];
    this.#keep(this.#begin());
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    this.#certificates.close();
    this.#closing.abort();
    this.#wake();
    while (this.#following.size > 0) await Promise.all(this.#following);
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  #changed(changes: TrustChanges): void {
    for (const [pin, { fell, formerNames, leftGroups }] of changes) {
      if (fell === undefined && formerNames.length === 0 && leftGroups.length === 0) continue;
      this.#fallen.add(pin);
      for (const process of this.#processes.keys()) process.fell(pin);
    }
    this.#wake();
  }

  async #begin(): Promise<void> {
    await this.#certificates.load();
    while (!this.#isClosed) {
      try {
        await this.#follow();
        await this.#pause(TAKEOVER_MS);
      } catch (error) {
        this.#failed(error);
        await this.#pause(STEP_MS);
      }
    }
  }

  /** The process that has the socket, until another one takes it over. */
  async #follow(): Promise<void> {
    const { socket, map, trust, happenings } = this.#options;
    const api = await RuntimeApi.open(socket);
    const onCut = (stream: OpenStream): void =>
      happenings.tell({ type: "push-cut", push: "haproxy", place: socket, ...stream });
    const options = { map, certificates: this.#certificates, trust, onCut };
    const process = new HaproxyProcess(api, options, this.#fallen);
    this.#processes.set(process, ignore);
    if (await this.#stay(process, "serving"))
      this.#keep(this.#stay(process, "stopping").then(ignore, ignore));
  }

  /** Keeps a process in step. Resolves with whether it goes on with connections that it has; forgets it if not. */
  async #stay(process: HaproxyProcess, stage: "serving" | "stopping"): Promise<boolean> {
    let goesOn = false;
    try {
      while (!this.#isClosed) {
        const state = await process.step();
        if (state.stage !== stage) {
          goesOn = state.stage === "stopping";
          return goesOn;
        }
        if (stage === "serving") this.#stepped(process, state.problem);
        if (stage === "serving" && process.isInStep) this.#fallen.clear();
        await this.#rest(process);
      }
      await process.close();
      return false;
    } finally {
      if (!goesOn) {
        this.#processes.delete(process);
        process.abandon();
      }
    }
  }

  /** A second, or until something changed. */
  async #rest(process: HaproxyProcess): Promise<void> {
    if (this.#isClosed || !process.isInStep) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, STEP_MS);
    this.#processes.set(process, resolve);
    await promise;
    clearTimeout(timer);
  }

  async #pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#closing.signal }).catch(ignore);
  }

  #wake(): void {
    for (const wake of this.#processes.values()) wake();
  }

  #keep(following: Promise<void>): void {
    this.#following.add(following);
    void following.finally(() => this.#following.delete(following));
  }

  #stepped(process: HaproxyProcess, problem: Error | undefined): void {
    if (problem !== undefined) return this.#failed(problem);
    if (this.#state === "in-step") return;
    this.#state = "in-step";
    const { happenings, socket: place } = this.#options;
    happenings.tell({ type: "push-in-step", push: "haproxy", place, count: process.size });
  }

  #failed(error: unknown): void {
    if (this.#state === "failed" || this.#isClosed) return;
    this.#state = "failed";
    const { happenings, socket: place } = this.#options;
    const cause = error instanceof Error ? error : new Error(String(error));
    happenings.tell({ type: "push-failed", push: "haproxy", place, error: cause });
  }
}

function ignore(): void {}
