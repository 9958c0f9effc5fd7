import type { VNode } from "preact";
import type { Health } from "../client/shapes.ts";
import { Sign } from "../parts/sign.tsx";
import { Time } from "../parts/time.tsx";

/** Says that others may know more than what is shown, while this machine cannot ask the database that they share. */
export function MachineNote({ health }: { readonly health: Health | null }): VNode {
  const replication = health?.replication ?? null;
  const isOfNow = replication === null || (replication.database === "reached" && !replication.stale);
  return (
    <div class="live-note" role="status">
      {!isOfNow && (
        <p>
          <Sign name="warning" />
          {replication.stale
            ? `The machine ${replication.node} admits nobody. What is shown is what it knew `
            : `The machine ${replication.node} does not reach its database. What is shown is what it knew `}
          <Time at={replication.upToDateAt} />.
        </p>
      )}
    </div>
  );
}
