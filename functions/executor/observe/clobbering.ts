/// <reference lib="dom" />
import type { Agent } from './agent.ts';

/**
 * Fields hide what their form has under the same name (`<input name=children>`), in every world; what forms hide of the document they
 * hide in the page's own world only. A form of which something is hidden that the walks ask for is passed over: what it contains stands
 * in its place. Runs in the isolated world; must not use anything from outside the function.
 */
export function installClobbering(agent: Agent): void {
  /** What is asked of elements that may be forms. */
  const ASKED =
    /^(assignedSlot|attributes|checkVisibility|childElementCount|childNodes|children|classList|clientHeight|clientWidth|closest|contains|firstElementChild|getAnimations|getAttribute|getBoundingClientRect|getClientRects|getRootNode|hasAttribute|isConnected|isContentEditable|localName|matches|nodeType|onclick|onmousedown|onpointerdown|ownerDocument|parentElement|parentNode|previousSibling|querySelector|querySelectorAll|scrollHeight|scrollWidth|shadowRoot|textContent)$/;
  const isHidden = (element: Element): boolean =>
    ASKED.test(element.getAttribute('name') ?? '') || ASKED.test(element.id);

  agent.plainly = (holder) =>
    new Proxy(holder, {
      get: (_target, name) => {
        const value: unknown = Reflect.get(Object.getPrototypeOf(holder) as object, name, holder);
        return typeof value === 'function' ? (value.bind(holder) as unknown) : value;
      },
    });
  const isClobbered = (form: HTMLFormElement): boolean => {
    const { elements, querySelectorAll } = agent.plainly(form);
    return [...elements, ...querySelectorAll('img[name],img[id]')].some(isHidden);
  };
  // For one turn of the event loop: the document does not change within.
  let known: Set<Node> | undefined;
  const clobbered = (root?: ShadowRoot): Set<Node> => {
    if (!known) {
      known = new Set<Node>([...document.forms].filter(isClobbered));
      queueMicrotask(() => {
        known = undefined;
      });
    }
    if (root)
      for (const form of root.querySelectorAll('form')) if (isClobbered(form)) known.add(form);
    return known;
  };
  agent.isPassedOver = (node) => clobbered().has(node);
  agent.firstChild = ({ firstElementChild: first }) =>
    first && clobbered().has(first) ? agent.plainly(first) : first;
  agent.flat = (nodes, root) => {
    const passed = clobbered(root);
    if (passed.size === 0) return nodes;
    return Array.from(nodes).flatMap((node) =>
      passed.has(node) ? Array.from(agent.flat(agent.plainly(node).childNodes)) : [node],
    );
  };
  agent.parent = (node) => {
    let up = (node instanceof HTMLFormElement ? agent.plainly<Node>(node) : node).parentNode;
    while (up && clobbered().has(up)) up = agent.plainly(up).parentNode;
    if (up instanceof ShadowRoot) return up.host;
    return up instanceof Element ? up : null;
  };
}
