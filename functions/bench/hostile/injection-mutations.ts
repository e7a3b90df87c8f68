import type { ComposeOptions } from '../../cli/compose.ts';
import type { BrowserPool, BrowserSession, SessionHost } from '../../executor/browser-session.ts';
import type { Mutation } from './mutation.ts';
import { SITE } from './world.ts';

/** A session of which some calls are others. */
function changed(session: BrowserSession, change: Partial<BrowserSession>): BrowserSession {
  return new Proxy(session, {
    get: (target, key) => {
      const own: unknown = Reflect.get(change, key);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function wrapped(
  options: ComposeOptions,
  wrap: {
    host?: (host: SessionHost) => void;
    session?: (session: BrowserSession) => Partial<BrowserSession>;
  },
): ComposeOptions {
  const wrapPool = (inner: BrowserPool): BrowserPool => {
    const pool = options.wrapPool?.(inner) ?? inner;
    return {
      open: async (host, open) => {
        wrap.host?.(host);
        const session = await pool.open(host, open);
        return wrap.session ? changed(session, wrap.session(session)) : session;
      },
      close: async () => pool.close(),
    };
  };
  return { ...options, wrapPool };
}

const replace = (host: SessionHost, key: keyof SessionHost, value: unknown): void =>
  void Object.defineProperty(host, key, { value, configurable: true });

const groups = ['injection'] as const;

export const INJECTION_MUTATIONS: Readonly<Record<string, Mutation>> = {
  /** Nothing is held while a step acts. */
  'wire-gate': {
    groups,
    compose: (options) =>
      wrapped(options, {
        session: (session) => ({
          act: async (action, given) => {
            const { gate: _gate, ...rest } = given ?? {};
            return session.act(action, rest);
          },
        }),
      }),
  },
  /** Every field counts as a credential field of the secret's own site. */
  'secret-origin': {
    groups,
    compose: (options) =>
      wrapped(options, {
        host: (host) => {
          const resolve = host.resolveText.bind(host);
          const into = { frameOrigin: SITE.origin, ancestorOrigins: [], credentialField: true };
          replace(host, 'resolveText', async (text: string) => resolve(text, into));
        },
      }),
  },
  /** A yes is for the control, whatever stands in its form by the time. */
  'approval-binding': {
    groups: ['platform'],
    compose: (options) =>
      wrapped(options, {
        session: (session) => ({
          inspect: async (action) => {
            const facts = await session.inspect(action);
            return facts.form
              ? { ...facts, form: { ...facts.form, fields: [], scripted: true } }
              : facts;
          },
        }),
      }),
  },
  /** Every step counts as one that changes nothing outside. */
  'class-hold': {
    groups,
    compose: (options) =>
      wrapped(options, {
        session: (session) => ({
          inspect: async (action) => {
            const { form: _form, ...facts } = await session.inspect(action);
            return { ...facts, name: '', submits: false, listeners: false, stateOnly: true };
          },
        }),
      }),
  },
  /** What a model writes is not looked at. */
  'outbound-scan': {
    groups,
    compose: (options) =>
      wrapped(options, { host: (host) => replace(host, 'assertClean', () => undefined) }),
  },
  /** No value counts as one to hide. */
  masking: {
    groups,
    compose: (options) =>
      wrapped(options, { host: (host) => replace(host, 'maskedValues', new Set<string>()) }),
  },
};
