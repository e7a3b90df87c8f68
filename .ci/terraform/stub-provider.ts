// A stand-in for Terraform's providers: it has their schemas (provider-schema.json) and makes nothing. Terraform itself does the rest, so that
// expressions, types, loops and the order of things are tried by the program that will be used.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { decode, encode, ExtData, ExtensionCodec } from '@msgpack/msgpack';

import { computedValue, type Values } from './stub-values.ts';

interface Attribute {
  readonly type: unknown;
  readonly required?: boolean;
  readonly computed?: boolean;
}
interface Block {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly blocks: Readonly<Record<string, Block & { required?: boolean; many?: boolean }>>;
}
type Kind = 'resources' | 'data' | 'ephemeral';
type Provider = Readonly<Record<Kind, Readonly<Record<string, Block>>>> & { version: string };

interface Request {
  readonly type_name?: string;
  readonly config?: Dynamic;
  readonly prior_state?: Dynamic;
  readonly current_state?: Dynamic;
  readonly proposed_new_state?: Dynamic;
  readonly planned_state?: Dynamic;
  readonly raw_state?: { readonly json: Uint8Array };
}
type Dynamic = { readonly msgpack?: Uint8Array; readonly json?: Uint8Array };

const providers = JSON.parse(
  readFileSync(join(import.meta.dirname, 'provider-schema.json'), 'utf8'),
) as Readonly<Record<string, Provider>>;

/** A value that is known after the apply, as it came: refinements too. */
class Unknown {
  readonly type: number;
  readonly data: Uint8Array;
  constructor(type = 0, data: Uint8Array = new Uint8Array([0])) {
    this.type = type;
    this.data = data;
  }
}

const codec = new ExtensionCodec();
for (const type of [0, 12])
  codec.register({
    type,
    encode: (value) => (value instanceof Unknown && value.type === type ? value.data : null),
    decode: (data) => new Unknown(type, data),
  });

const read = (value: Dynamic | undefined): Values | null => {
  if (!value?.msgpack || value.msgpack.length === 0) return null;
  const decoded = decode(value.msgpack, { extensionCodec: codec });
  if (decoded instanceof ExtData) throw new Error(`an extension of MessagePack: ${decoded.type}`);
  return decoded as Values | null;
};
const write = (value: unknown): Dynamic => ({
  msgpack: encode(value, { extensionCodec: codec }),
});

const LIST = 2;
/** Values that are written and kept nowhere; the npm packages do not mark them. */
const isWriteOnly = (name: string): boolean => name.endsWith('_wo');

function blockOf({ attributes, blocks }: Block): object {
  return {
    attributes: Object.entries(attributes).map(([name, { type, required, computed }]) => ({
      name,
      type: Buffer.from(JSON.stringify(type)),
      required: required === true,
      optional: required !== true && computed !== true,
      computed: computed === true || (name === 'id' && required !== true),
      write_only: isWriteOnly(name),
    })),
    block_types: Object.entries(blocks).map(([name, nested]) => ({
      type_name: name,
      block: blockOf(nested),
      nesting: LIST,
      min_items: nested.required ? 1 : 0,
      max_items: nested.many ? 0 : 1,
    })),
  };
}

/** A value that was written cannot be changed: another takes another thing. */
const REPLACED_WITH = ['secret_data_wo_version'];

const schemas = (blocks: Readonly<Record<string, Block>>): object =>
  Object.fromEntries(
    Object.entries(blocks).map(([name, block]) => [name, { version: 0, block: blockOf(block) }]),
  );

/** Fills what only a provider can: with `fill` where nothing stands; what is written only, is gone. */
function completed(values: Values, block: Block, fill: (name: string) => unknown): Values {
  const done: Values = { ...values };
  for (const [name, { computed, required }] of Object.entries(block.attributes)) {
    if (isWriteOnly(name)) done[name] = null;
    else if ((computed || (name === 'id' && !required)) && (done[name] ?? null) === null)
      done[name] = fill(name);
  }
  for (const [name, nested] of Object.entries(block.blocks)) {
    const items = done[name];
    if (Array.isArray(items))
      done[name] = items.map((item: Values) => completed(item, nested, () => null));
  }
  return done;
}

function known(value: unknown, name: string, type: string, whole: Values): unknown {
  return value instanceof Unknown ? computedValue(type, name, whole) : value;
}

function servicesOf(provider: Provider): Record<string, (request: Request) => object> {
  const block = (kind: Kind, { type_name: type = '' }: Request): Block => {
    const found = provider[kind][type];
    if (!found) throw new Error(`no ${kind} ${type}`);
    return found;
  };
  const filled = (kind: Kind, request: Request): Dynamic => {
    const config = read(request.config) ?? {};
    const type = request.type_name ?? '';
    return write(
      completed(config, block(kind, request), (name) => computedValue(type, name, config)),
    );
  };
  return {
    GetProviderSchema: () => ({
      provider: { version: 0, block: { attributes: PROVIDER_ATTRIBUTES, block_types: [] } },
      resource_schemas: schemas(provider.resources),
      data_source_schemas: schemas(provider.data),
      ephemeral_resource_schemas: schemas(provider.ephemeral),
    }),
    UpgradeResourceState: ({ raw_state: raw }) => ({ upgraded_state: { json: raw?.json } }),
    ReadResource: ({ current_state: state }) => ({ new_state: state }),
    PlanResourceChange: (request) => {
      const proposed = read(request.proposed_new_state);
      if (!proposed) return { planned_state: write(null) };
      const prior = read(request.prior_state);
      // What is there already keeps what it was given.
      const fill = (): unknown => (prior ? null : new Unknown());
      const anew = REPLACED_WITH.filter((name) => prior && prior[name] !== proposed[name]);
      return {
        planned_state: write(completed(proposed, block('resources', request), fill)),
        requires_replace: anew.map((name) => ({ steps: [{ attribute_name: name }] })),
      };
    },
    ApplyResourceChange: (request) => {
      const planned = read(request.planned_state);
      if (!planned) return { new_state: write(null) };
      const type = request.type_name ?? '';
      const made = Object.entries(planned).map(([name, value]) => [
        name,
        known(value, name, type, planned),
      ]);
      return { new_state: write(Object.fromEntries(made)) };
    },
    ReadDataSource: (request) => ({ state: filled('data', request) }),
    OpenEphemeralResource: (request) => ({ result: filled('ephemeral', request) }),
  };
}

const PROVIDER_ATTRIBUTES = ['project', 'region', 'billing_project', 'user_project_override'].map(
  (name) => ({
    name,
    type: Buffer.from(name === 'user_project_override' ? '"bool"' : '"string"'),
    optional: true,
  }),
);

export interface StubProviders {
  /** For TF_REATTACH_PROVIDERS. */
  readonly reattach: string;
  close(): void;
}

/** Serves every provider, each on a port of its own on loopback. */
export async function startStubProviders(): Promise<StubProviders> {
  const loaded = loadSync(join(import.meta.dirname, 'provider.proto'), {
    keepCase: true,
    longs: Number,
    defaults: false,
  });
  const { tfplugin6 } = grpc.loadPackageDefinition(loaded) as unknown as {
    tfplugin6: { Provider: { service: grpc.ServiceDefinition } };
  };
  const servers: grpc.Server[] = [];
  const attached: Record<string, object> = {};
  for (const [name, provider] of Object.entries(providers)) {
    const answers = servicesOf(provider);
    const implementation: grpc.UntypedServiceImplementation = {};
    for (const method of Object.keys(tfplugin6.Provider.service)) {
      const answer = answers[method];
      implementation[method] = (
        call: grpc.ServerUnaryCall<Request, object>,
        done: grpc.sendUnaryData<object>,
      ): void => {
        try {
          done(null, answer ? answer(call.request) : {});
        } catch (error) {
          const details = `${method} ${call.request.type_name ?? ''}: ${String(error)}`;
          done({ code: grpc.status.INTERNAL, details });
        }
      };
    }
    const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
    server.addService(tfplugin6.Provider.service, implementation);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    servers.push(server);
    attached[`registry.terraform.io/hashicorp/${name}`] = {
      Protocol: 'grpc',
      ProtocolVersion: 6,
      Pid: process.pid,
      Test: true,
      Addr: { Network: 'tcp', String: `127.0.0.1:${port}` },
    };
  }
  return {
    reattach: JSON.stringify(attached),
    close: () => {
      for (const server of servers) server.forceShutdown();
    },
  };
}
