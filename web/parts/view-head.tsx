import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { hasMoved } from "../router.ts";

export interface ViewHeadProps {
  readonly title: ComponentChildren;
  /** What the browser calls the page, where the title is more than a text. */
  readonly name: string;
  /** Beside the title. */
  readonly children?: ComponentChildren;
  readonly actions?: ComponentChildren;
}

/** The one heading of a view. */
export function ViewHead({ title, name, children, actions }: ViewHeadProps): VNode {
  useEffect(() => {
    document.title = `${name} · handclasp`;
  }, [name]);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (hasMoved()) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div class="view-head">
      <div class="view-title">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </div>
      {actions !== undefined && <div class="actions">{actions}</div>}
    </div>
  );
}
