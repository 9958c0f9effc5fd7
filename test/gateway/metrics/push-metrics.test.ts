import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Registry } from "prom-client";
import { countPushes } from "../../../src/gateway/metrics/push-metrics.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";

describe("metrics of proxies that are told", () => {
  it("say whether one is in step, how often it was not, and what was ended", async () => {
    const [registry, happenings] = [new Registry(), new Happenings()];
    const stop = countPushes(happenings, [registry]);
    const pushed = { push: "haproxy", place: "/run/haproxy.sock" } as const;
    const values = async (): Promise<readonly string[]> =>
      (await registry.metrics()).split("\n").filter((line) => line.startsWith("handclasp_push"));
    assert.deepEqual(await values(), []);
    happenings.tell({ type: "push-in-step", ...pushed, count: 3 });
    assert.deepEqual(await values(), [
      'handclasp_push_in_step{push="haproxy"} 1',
      'handclasp_push_failures_total{push="haproxy"} 0',
      'handclasp_push_cuts_total{push="haproxy"} 0',
    ]);
    happenings.tell({ type: "push-cut", ...pushed, pin: "sha256:A", from: "192.0.2.1:1" });
    happenings.tell({ type: "push-failed", ...pushed, error: new Error("it hangs") });
    stop();
    happenings.tell({ type: "push-in-step", ...pushed, count: 3 });
    assert.deepEqual(await values(), [
      'handclasp_push_in_step{push="haproxy"} 0',
      'handclasp_push_failures_total{push="haproxy"} 1',
      'handclasp_push_cuts_total{push="haproxy"} 1',
    ]);
  });
});
