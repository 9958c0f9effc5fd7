import type { VNode } from "preact";
import { Empty } from "../parts/notes.tsx";
import { ViewHead } from "../parts/view-head.tsx";

/** An address that no view has. */
export function UnknownView(): VNode {
  return (
    <>
      <ViewHead title="Not here" name="Not here" />
      <Empty title="There is nothing at this address.">
        <p>
          <a href="/">Who is waiting</a> · <a href="/peers">All peers</a>
        </p>
      </Empty>
    </>
  );
}
