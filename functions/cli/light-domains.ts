import domain, { type Domain } from 'node:domain';
import { EventEmitter } from 'node:events';

/**
 * functions-framework runs each request in a domain of `node:domain`. The first one that is made switches on asynchronous hooks for
 * every promise of the process, for good: a fifth of the CPU of each step where the executor shares the process. What a domain is there
 * for, an error thrown outside of a handler's promise, ends the process instead, as it does anywhere else.
 */
export function makeDomainsLight(): void {
  const light = Object.assign(new EventEmitter(), {
    members: [],
    add: () => undefined,
    remove: () => undefined,
    enter: () => undefined,
    exit: () => undefined,
    run: (work: (...args: unknown[]) => unknown, ...args: unknown[]) => work(...args),
    bind: (work: unknown) => work,
    intercept: (work: unknown) => work,
  });
  // Each request adds a listener for errors that are never told here.
  light.on = light.addListener = () => light;
  domain.create = () => light as unknown as Domain;
  Object.defineProperty(process, 'domain', { configurable: true, get: () => light, set: () => {} });
}
