import { HandclaspError } from "../../../errors.ts";
import type { TrustPort } from "../../../trust/trust-port.ts";
import type { KeyPin } from "../../../x509/certificate-facts.ts";
import { MapCopy } from "./map-copy.ts";
import { OPEN_TABLE, openStreams, type OpenStream, shutDown } from "./open-streams.ts";
import type { RuntimeApi } from "./runtime-api.ts";
import type { TrustedCertificates } from "./trusted-certificates.ts";

export interface HaproxyProcessOptions {
  /** What the map is called there. */
  readonly map: string;
  readonly certificates: TrustedCertificates;
  readonly trust: Pick<TrustPort, "standing">;
  readonly onCut: (stream: OpenStream) => void;
}

/** How a process of HAProxy is: at work, replaced but not done yet, or of no use any more. */
export interface HaproxyState {
  readonly stage: "serving" | "stopping" | "over";
  /** What is not as it should be. */
  readonly problem: Error | undefined;
}

/** For so long HAProxy believes its map when nobody says any more that it is right. */
const BELIEVED_MS = 3000;
/** Who was let in while a key fell is found by looking again. */
const LOOKS_AFTER_A_FALL = 3;
const LOOK_EVERY_MS = 30_000;

/** One process of HAProxy, told what it needs to know for as long as it has connections. */
export class HaproxyProcess {
  readonly #api: RuntimeApi;
  readonly #options: HaproxyProcessOptions;
  readonly #copy: MapCopy;
  /** Keys whose open streams are to end, even if they are trusted again by now. */
  readonly #fallen: Set<KeyPin>;
  /** By key and place, what was cut and was still in the table at the last look. */
  #cut: ReadonlySet<string> = new Set();
  #looksLeft = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #streamProblem: Error | undefined;
  #wasFilled = false;

  /** `fallen`: keys of which nobody could be told that they fell. */
  constructor(api: RuntimeApi, options: HaproxyProcessOptions, fallen: Iterable<KeyPin>) {
    this.#api = api;
    this.#fallen = new Set(fallen);
    this.#options = options;
    this.#copy = new MapCopy(api, options.map, options.certificates);
  }

  changed(fingerprint: string): void {
    this.#copy.changed(fingerprint);
    // The end of an approval is no event.
    if (this.#options.certificates.valueOf(fingerprint) === undefined) this.#looksLeft = LOOKS_AFTER_A_FALL;
  }

  fell(pin: KeyPin): void {
    this.#fallen.add(pin);
  }

  /** Brings it in step. To be called every second, and when something changed. Rejects when it cannot be told. */
  async step(): Promise<HaproxyState> {
    const [ofMap, ofStreams] = [await this.#keepMap(), await this.#endStreams()];
    const info = await this.#api.ask("show info");
    const isStopping = /^Stopping: 1$/m.test(info);
    const isOver = isStopping && /^CurrConns: 0$/m.test(info);
    return { stage: isOver ? "over" : isStopping ? "stopping" : "serving", problem: ofMap ?? ofStreams };
  }

  /** Has it believe nothing any more, and leaves it alone. */
  async close(): Promise<void> {
    try {
      await this.#copy.believe(0);
    } finally {
      this.#api.close();
    }
  }

  /** Leaves it alone at once. */
  abandon(): void {
    this.#api.close();
  }

  /** Whether nothing happened since that it would have to be told of. */
  get isInStep(): boolean {
    return this.#copy.isInStep && this.#fallen.size === 0;
  }

  get size(): number {
    return this.#copy.size;
  }

  async #keepMap(): Promise<Error | undefined> {
    const isOurs = await this.#copy.isOurs();
    const drifted = this.#wasFilled && !isOurs;
    if (!isOurs) await this.#copy.fill();
    this.#wasFilled = true;
    // First, so that all that was committed until then is among the changes.
    const until = await this.#options.certificates.believableUntil(BELIEVED_MS);
    while (!this.#copy.isInStep) await this.#copy.update();
    if (until !== undefined) await this.#copy.believe(until);
    if (drifted) return wrong("somebody else changed its map, which was filled again");
    return until === undefined
      ? wrong("it has to ask for every client: the trust store cannot be followed")
      : undefined;
  }

  async #endStreams(): Promise<Error | undefined> {
    const now = performance.now();
    const fallen = [...this.#fallen];
    if (fallen.length > 0) this.#looksLeft = LOOKS_AFTER_A_FALL;
    if (this.#looksLeft === 0 && now - this.#lookedAt < LOOK_EVERY_MS) return this.#streamProblem;
    const streams = await openStreams(this.#api);
    const over = streams?.filter(({ pin }) => fallen.includes(pin) || this.#isDistrusted(pin)) ?? [];
    const problem = await shutDown(this.#api, new Set(over.map(({ from }) => from)));
    for (const pin of fallen) this.#fallen.delete(pin);
    this.#looksLeft = Math.max(0, this.#looksLeft - 1);
    this.#lookedAt = now;
    const noTable = wrong(`what revoked peers have open cannot be ended: it has no table ${OPEN_TABLE}`);
    this.#streamProblem = streams === undefined ? noTable : problem;
    if (problem === undefined) this.#tellOfCut(over);
    return this.#streamProblem;
  }

  /** Once of each: HAProxy may not have ended it before the next look. */
  #tellOfCut(streams: readonly OpenStream[]): void {
    const before = this.#cut;
    const told = new Set<string>();
    for (const stream of streams) {
      const place = `${stream.pin}/${stream.from}`;
      if (!before.has(place)) this.#options.onCut(stream);
      told.add(place);
    }
    this.#cut = told;
  }

  #isDistrusted(pin: KeyPin): boolean {
    const { distrust } = this.#options.trust.standing(pin);
    return distrust !== undefined && distrust !== "store-unavailable";
  }
}

function wrong(problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_PUSH", problem, {
    hint: "docs/guide/haproxy.md has what holds then",
  });
}
