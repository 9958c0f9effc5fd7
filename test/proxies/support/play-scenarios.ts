import { after, before, describe, it } from "node:test";
import { missing, type ProxyUnderTest } from "./proxy-under-test.ts";
import { ProxyScene } from "./proxy-scene.ts";
import { SCENARIOS } from "./scenarios.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";

/** The whole table, one scenario after the other, at one proxy with one store. */
export function playScenarios(proxy: ProxyUnderTest): void {
  describe(`the authorizer behind ${proxy.name}`, { skip: missing(proxy), timeout: FILE_PATIENCE_MS }, () => {
    let scene: ProxyScene;
    before(async () => {
      scene = await ProxyScene.open(proxy);
    });
    after(() => scene[Symbol.asyncDispose]());
    for (const { name, title, play } of SCENARIOS) {
      it(title, { skip: proxy.cannot[name] ?? false }, () => play(scene));
    }
  });
}
