import assert from "node:assert/strict";
import { openScene, type Scene, type SceneOptions } from "../../guard/support/scene.ts";
import { identity, type TestIdentity } from "../../guard/support/identities.ts";
import { type Joined, type JoinOptions, joinWithToken } from "../../../src/client/join-with-token.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { parseIdentity } from "../../../src/client/identities/identity.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { parseEvent, type TrustEvent } from "../../../src/trust/records/events.ts";
import type { CreateTokenOptions } from "../../../src/operator/secrets/invite.ts";
import type { JoinToken } from "../../../src/trust/naming/join-token.ts";
import type { RefusalSighting } from "../../../src/trust/port/ledger.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { eventsIn, refusalsIn } from "../../support/listed.ts";

/** A guarded server whose operator makes join tokens. */
export interface JoinScene extends Scene {
  readonly own: TestIdentity;
  /** A token for this server, unless it is said otherwise. */
  invite(over?: Partial<CreateTokenOptions>): Promise<JoinToken>;
  events(): Promise<readonly TrustEvent[]>;
  /** The newest refusal. */
  refusal(): Promise<RefusalSighting>;
}

export async function openJoinScene(options: SceneOptions & { own?: TestIdentity } = {}): Promise<JoinScene> {
  const { own = await identity("gw"), ...others } = options;
  const scene = await openScene({
    ...others,
    policy: { firstUse: "refuse", ...options.policy },
    server: { key: own.key, cert: own.cert, ...options.server },
  });
  scene.server.on("secureConnection", (socket) => void socket.on("error", () => undefined).resume());
  const { store } = scene.trust;
  return {
    ...scene,
    own,
    invite(over = {}) {
      const servers = [`127.0.0.1:${scene.port}`];
      return scene.operator.createToken({ peer: "laptop-anna", servers, serverPin: own.facts.pin, ...over });
    },
    events: async () => (await eventsIn(store)).flatMap(({ json }) => parseEvent(json) ?? []),
    async refusal() {
      await scene.trust.flush();
      return (await refusalsIn(store))[0] ?? assert.fail("nobody was refused");
    },
  };
}

/** Somebody with a key and known servers of their own. */
export class Guest implements AsyncDisposable {
  readonly own: TestIdentity;
  readonly store: TrustStore = openMemoryStore();

  constructor(own: TestIdentity) {
    this.own = own;
  }

  static async called(name: string): Promise<Guest> {
    return new Guest(await identity(name));
  }

  join(token: JoinToken, over: Partial<JoinOptions> = {}): Promise<Joined> {
    const { key, cert } = this.own;
    return joinWithToken({
      token,
      identity: parseIdentity({ key, certificate: cert }, "the guest's identity"),
      store: this.store,
      now: Date.now,
      process: "join 1",
      ...over,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}

/** Refused by the server, with that alert. */
export async function assertRefusedWith(joining: Promise<unknown>, alertCode: number): Promise<void> {
  await assert.rejects(joining, (error) => {
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"), String(error));
    assert.equal(error.details["alertCode"], alertCode, String(error));
    return true;
  });
}
