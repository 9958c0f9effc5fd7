/** The same thing, counted where it was sent and where it arrived. */
interface BothSides {
  client: number;
  upstream: number;
}

/** What a soak counts. */
export interface Counts {
  readonly connections: BothSides;
  readonly bytes: BothSides;
  readonly requests: BothSides;
  readonly messages: BothSides;
  /** What happened that must not happen. */
  readonly losses: Map<string, number>;
  resumed: number;
  refused: number;
  revoked: number;
  reloads: number;
  /** Between `revoke` and the end of the connection, each time. */
  readonly cutsMs: number[];
}

export function createCounts(): Counts {
  return {
    connections: none(),
    bytes: none(),
    requests: none(),
    messages: none(),
    losses: new Map(),
    resumed: 0,
    refused: 0,
    revoked: 0,
    reloads: 0,
    cutsMs: [],
  };
}

function none(): BothSides {
  return { client: 0, upstream: 0 };
}

export function lost(counts: Counts, what: string): void {
  counts.losses.set(what, (counts.losses.get(what) ?? 0) + 1);
}
