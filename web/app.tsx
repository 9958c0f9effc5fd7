import { useSignalEffect } from "@preact/signals";
import type { ComponentType, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { useResource } from "./client/resource.ts";
import { refreshSession, session, sessionProblem } from "./client/session.ts";
import type { Health, Waiting } from "./client/shapes.ts";
import { waitingCount } from "./client/waiting-count.ts";
import { KeyboardHelp } from "./layout/keyboard.tsx";
import { LiveNote } from "./layout/live-note.tsx";
import { MachineNote } from "./layout/machine-note.tsx";
import { Navigation } from "./layout/navigation.tsx";
import { SignIn } from "./layout/sign-in.tsx";
import { TopBar } from "./layout/top-bar.tsx";
import { WindowChip } from "./layout/window-chip.tsx";
import { Loading, ProblemNote } from "./parts/notes.tsx";
import { Toasts } from "./parts/toasts.tsx";
import type { ViewName } from "./route.ts";
import { route } from "./router.ts";
import { followStream } from "./stream/one-stream.ts";
import { CompareView } from "./views/compare.tsx";
import { ConnectionsView } from "./views/connections.tsx";
import { HistoryView } from "./views/history.tsx";
import { InviteView } from "./views/invite.tsx";
import { PeerView } from "./views/peer.tsx";
import { PeersView } from "./views/peers.tsx";
import { RefusalsView } from "./views/refusals.tsx";
import { SettingsView } from "./views/settings.tsx";
import { UnknownView } from "./views/unknown.tsx";
import { WaitingView } from "./views/waiting.tsx";
import { WindowView } from "./views/window.tsx";

const VIEWS: Readonly<Record<ViewName, ComponentType>> = {
  waiting: WaitingView,
  compare: CompareView,
  peers: PeersView,
  peer: PeerView,
  connections: ConnectionsView,
  refusals: RefusalsView,
  invite: InviteView,
  history: HistoryView,
  settings: SettingsView,
  window: WindowView,
  unknown: UnknownView,
};

/** The page: who one is, and then what one looks at. */
export function App({ link }: { readonly link: string | null }): VNode {
  useEffect(() => void refreshSession(), []);
  const known = session.value;
  if (known === null) {
    const problem = sessionProblem.value;
    return (
      <main class="sign-in">
        {problem === null ? (
          <Loading />
        ) : (
          <ProblemNote problem={problem} retry={() => void refreshSession()} />
        )}
      </main>
    );
  }
  if (known.operator === null) return <SignIn session={known} link={link} />;
  return <Signed />;
}

function Signed(): VNode {
  useEffect(() => {
    const stop = new AbortController();
    void followStream(stop.signal);
    return () => stop.abort();
  }, []);
  const health = useResource<Health>("/v1/health", ["health", "change"]);
  const { view, key } = route.value;
  const waiting = useResource<Waiting>(view === "waiting" ? null : "/v1/waiting?limit=1", ["waiting"]);
  useSignalEffect(() => {
    waitingCount.value = waiting.value.value?.counts.waiting ?? waitingCount.peek();
  });
  const View = VIEWS[view];
  return (
    <>
      <a class="skip" href="#view">
        To the content
      </a>
      <TopBar health={health.value.value}>
        <WindowChip />
      </TopBar>
      <LiveNote />
      <MachineNote health={health.value.value} />
      <div class="below">
        <Navigation waiting={waitingCount.value} />
        <main id="view" class="view" key={`${view} ${key ?? ""}`}>
          <View />
        </main>
      </div>
      <Toasts />
      <KeyboardHelp />
    </>
  );
}
