import type { ComponentChildren, VNode } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

export interface DialogProps {
  readonly title: ComponentChildren;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** Buttons, the one that does it last. */
  readonly actions?: ComponentChildren;
  /** What leaves it; default "Cancel". */
  readonly leave?: string;
}

/** A question over the page: it takes the focus, Escape closes it, and the focus goes back to where it was. */
export function Dialog({ title, onClose, children, actions, leave = "Cancel" }: DialogProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const former = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (former instanceof HTMLElement) former.focus();
    };
  }, []);
  const clickedBeside = (click: MouseEvent): void => {
    if (click.target === dialog.current) onClose();
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={name} onClose={onClose} onMouseDown={clickedBeside}>
      <div class="dialog-inside">
        <h2 id={name}>{title}</h2>
        {children}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {leave}
          </button>
          {actions}
        </div>
      </div>
    </dialog>
  );
}
