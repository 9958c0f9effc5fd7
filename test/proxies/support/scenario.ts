import type { ProxyScene } from "./proxy-scene.ts";
import type { ScenarioName } from "./scenario-name.ts";

/** Something that every proxy is put through, with clients of its own; it leaves proxy and authorizer as it found them. */
export interface Scenario {
  readonly name: ScenarioName;
  /** What the test says. */
  readonly title: string;
  readonly play: (scene: ProxyScene) => Promise<void>;
}
