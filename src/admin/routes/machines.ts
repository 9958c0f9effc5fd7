import { listMachines } from "../../operator/replication/listed-machines.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import { machinesJson } from "../schemas/machines.ts";

/** The machines that share the store. */
export function machineRoutes({ store }: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/nodes", {
      summary: "The machines that share the store, how far each is, and what they do not have in common",
      scope: "read",
      answer: machinesJson,
      handle: async () => ({ body: { ...(await listMachines(store)) } }),
    }),
  ];
}
