import type { KeyPin } from "../records/key-record.ts";

/** What is kept for a proxy, and where. */
interface Pushed {
  readonly push: "haproxy" | "envoy-sds";
  readonly place: string;
}

/** A proxy has what the trust store says. Told at the start, and when it has it again. */
export interface PushInStep extends Pushed {
  readonly type: "push-in-step";
  /** How many certificates or keys that are. */
  readonly count: number;
}

/** A proxy could not be told: what it does then, its guide page says. Told once until it is in step again. */
export interface PushFailed extends Pushed {
  readonly type: "push-failed";
  readonly error: Error;
}

/** A proxy was told to end what a client had open. */
export interface PushCut extends Pushed {
  readonly type: "push-cut";
  readonly pin: KeyPin;
  /** The client's address and port, as the proxy writes it. */
  readonly from: string;
}

export type PushHappening = PushInStep | PushFailed | PushCut;
