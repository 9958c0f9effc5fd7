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
          {replication.starting !== null && replication.upToDateAt === null
            ? `The machine ${replication.node} begins with a snapshot, of which ${replication.starting.part} of ${replication.starting.parts} parts are here: it admits nobody yet. What is shown is what it knew `
            : replication.stale
              ? `The machine ${replication.node} admits nobody. What is shown is what it knew `
              : `The machine ${replication.node} does not reach its database. What is shown is what it knew `}
          <Time at={replication.upToDateAt} />.
        </p>
      )}
    </div>
  );
}
