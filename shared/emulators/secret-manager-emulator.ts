import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';

import { crc32c } from '../core/crc32c.ts';
import { googleService } from './google-service.ts';

interface StoredSecret {
  readonly name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  versionAliases: Record<string, string>;
  etag: string;
  readonly versions: { data: Uint8Array; state: 'ENABLED' | 'DESTROYED'; sum: string }[];
}

/** What a request may say; each method reads its own part. */
interface Asked {
  readonly name?: string;
  readonly parent?: string;
  readonly secretId?: string;
  readonly filter?: string;
  readonly secret?: Partial<StoredSecret> & { readonly name?: string };
  readonly updateMask?: { readonly paths?: readonly string[] };
  readonly payload?: { readonly data?: Uint8Array; readonly dataCrc32c?: string };
}

export interface SecretManagerEmulator {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** Calls by method since the start. */
  readonly calls: Readonly<Record<string, number>>;
  /** The next call of that method is answered with this gRPC status. */
  failNext(method: string, code: status): void;
  /** Changes the payload of every version behind its checksum's back. */
  damage(): void;
  close(): Promise<void>;
}

class Refusal extends Error {
  readonly code: status;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
  }
}

/** Secret Manager's protocol over secrets in memory, as far as Rodex uses it: there is no official emulator. */
export async function startSecretManagerEmulator(port = 0): Promise<SecretManagerEmulator> {
  const secrets = new Map<string, StoredSecret>();
  const calls: Record<string, number> = {};
  const failures = new Map<string, status>();
  const methods: Record<string, (asked: Asked) => object> = methodsOf(secrets);
  const implementation: UntypedServiceImplementation = Object.fromEntries(
    Object.entries(methods).map(([name, answer]) => [
      name,
      (call: ServerUnaryCall<Asked, object>, reply: sendUnaryData<object>) => {
        calls[name] = (calls[name] ?? 0) + 1;
        const failure = failures.get(name);
        failures.delete(name);
        try {
          if (failure !== undefined) throw new Refusal(failure, 'told to fail');
          reply(null, answer(call.request));
        } catch (error) {
          const code = error instanceof Refusal ? error.code : status.INTERNAL;
          reply({ code, details: error instanceof Error ? error.message : String(error) });
        }
      },
    ]),
  );
  const server = new Server();
  const service = googleService(
    'secretmanager',
    'v1',
    'SecretManagerService',
    '@google-cloud/secret-manager',
  );
  server.addService(service, implementation);
  const bound = await new Promise<number>((resolve, reject) => {
    const insecure = ServerCredentials.createInsecure();
    server.bindAsync(`127.0.0.1:${port}`, insecure, (error, actual) => {
      if (error) reject(error);
      else resolve(actual);
    });
  });
  return {
    host: `127.0.0.1:${bound}`,
    calls,
    failNext: (method, code) => void failures.set(method, code),
    damage: () => {
      for (const { versions } of secrets.values())
        for (const version of versions) version.data = Buffer.from('damaged');
    },
    close: async () => server.forceShutdown(),
  };
}

function methodsOf(secrets: Map<string, StoredSecret>): Record<string, (asked: Asked) => object> {
  let etags = 0;
  const nextEtag = (): string => `"${(etags += 1)}"`;
  const find = (name = ''): StoredSecret => {
    const secret = secrets.get(name);
    if (!secret) throw new Refusal(status.NOT_FOUND, `${name} not found`);
    return secret;
  };
  const versionOf = (path = '') => {
    const [, parent = '', wanted = ''] = /^(.*)\/versions\/([^/]+)$/.exec(path) ?? [];
    const secret = find(parent);
    const number =
      wanted === 'latest'
        ? secret.versions.length
        : Number(secret.versionAliases[wanted] ?? wanted);
    const version = secret.versions[number - 1];
    if (!version) throw new Refusal(status.NOT_FOUND, `${path} not found`);
    return { name: `${parent}/versions/${number}`, version };
  };
  const shown = ({ versions: _versions, ...secret }: StoredSecret): object => secret;
  return {
    createSecret: ({ parent, secretId, secret }) => {
      const name = `${parent}/secrets/${secretId}`;
      if (secrets.has(name)) throw new Refusal(status.ALREADY_EXISTS, `${name} already exists`);
      const stored: StoredSecret = {
        name,
        labels: secret?.labels ?? {},
        annotations: secret?.annotations ?? {},
        versionAliases: {},
        etag: nextEtag(),
        versions: [],
      };
      secrets.set(name, stored);
      return shown(stored);
    },
    getSecret: ({ name }) => shown(find(name)),
    updateSecret: ({ secret, updateMask }) => {
      const stored = find(secret?.name);
      if (secret?.etag && secret.etag !== stored.etag)
        throw new Refusal(status.FAILED_PRECONDITION, 'the etag does not match');
      for (const path of updateMask?.paths ?? []) {
        if (path === 'version_aliases') stored.versionAliases = secret?.versionAliases ?? {};
        else if (path === 'annotations') stored.annotations = secret?.annotations ?? {};
        else throw new Refusal(status.INVALID_ARGUMENT, `update mask: ${path}`);
      }
      stored.etag = nextEtag();
      return shown(stored);
    },
    deleteSecret: ({ name }) => {
      find(name);
      secrets.delete(name ?? '');
      return {};
    },
    listSecrets: ({ parent, filter }) => {
      const [, label = '', value = ''] = /^labels\.([\w-]+)=([\w-]+)$/.exec(filter ?? '') ?? [];
      if (filter && label === '') throw new Refusal(status.INVALID_ARGUMENT, `filter: ${filter}`);
      const found = [...secrets.values()].filter(
        ({ name, labels }) =>
          name.startsWith(`${parent}/`) && (label === '' || labels[label] === value),
      );
      return { secrets: found.map(shown), totalSize: found.length };
    },
    addSecretVersion: ({ parent, payload }) => {
      const stored = find(parent);
      const data = payload?.data ?? new Uint8Array();
      const sum = String(crc32c(data));
      // The protocol's default for "not given".
      const given = payload?.dataCrc32c ?? '0';
      if (given !== '0' && given !== sum)
        throw new Refusal(status.INVALID_ARGUMENT, 'the checksum does not match the payload');
      stored.versions.push({ data, state: 'ENABLED', sum });
      return { name: `${parent}/versions/${stored.versions.length}`, state: 'ENABLED' };
    },
    accessSecretVersion: ({ name: path }) => {
      const { name, version } = versionOf(path);
      if (version.state !== 'ENABLED')
        throw new Refusal(status.FAILED_PRECONDITION, `${name} is in DESTROYED state`);
      return { name, payload: { data: version.data, dataCrc32c: version.sum } };
    },
    destroySecretVersion: ({ name: path }) => {
      const { name, version } = versionOf(path);
      version.state = 'DESTROYED';
      version.data = new Uint8Array();
      return { name, state: 'DESTROYED' };
    },
  };
}
