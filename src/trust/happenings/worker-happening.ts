/** What becomes of the processes of one gateway. */
export type WorkerHappening =
  | { readonly type: "worker-started"; readonly pid: number }
  /** Not asked to. Another one is started. */
  | {
      readonly type: "worker-died";
      readonly pid: number;
      readonly code: number | null;
      readonly signal: string | null;
    }
  /** Its event loop stands still. It is ended, and then it died. */
  | { readonly type: "worker-stuck"; readonly pid: number }
  | { readonly type: "worker-failed"; readonly error: unknown }
  /** More happened in a worker than its primary could be told. */
  | { readonly type: "happenings-lost"; readonly pid: number; readonly count: number };
