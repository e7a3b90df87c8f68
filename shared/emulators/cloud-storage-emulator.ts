import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { crc32c } from '../core/crc32c.ts';
import { StoredObjects, type Described, type StoredObject } from './stored-objects.ts';

export interface CloudStorageEmulator {
  /** For `STORAGE_EMULATOR_HOST`. */
  readonly url: string;
  /** Requests by kind since the start: insert, resumable, get, media, list, delete, rewrite, signed. */
  readonly calls: Readonly<Record<string, number>>;
  readonly objects: ReadonlyMap<string, { readonly content: Uint8Array }>;
  /** The next requests are answered with these statuses, one each. */
  failNext(...statuses: number[]): void;
  damage(name: string): void;
  close(): Promise<void>;
}

/** The JSON API of Cloud Storage over objects in memory, as far as Rodex uses it: there is no official emulator. Any bucket exists. */
export async function startCloudStorageEmulator(port = 0): Promise<CloudStorageEmulator> {
  const store = new StoredObjects();
  const failures: number[] = [];
  const server = createServer((request, response) => {
    const failure = failures.shift();
    if (failure !== undefined) {
      request.resume();
      return refuse(response, failure, 'told to fail');
    }
    answer(store, request, response).catch((error: unknown) => {
      refuse(response, 500, error instanceof Error ? error.message : String(error));
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : port}`;
  store.url = url;
  return {
    url,
    calls: store.calls,
    objects: store.objects,
    failNext: (...statuses) => void failures.push(...statuses),
    damage: (name) => store.damage(name),
    close: async () => closeNow(server),
  };
}

async function answer(
  store: StoredObjects,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://stub');
  const body = await readBody(request);
  const [, bucket, encoded] =
    /^(?:\/upload)?(?:\/storage\/v1)?\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
  const rewrite = /\/b\/[^/]+\/o\/([^/]+)\/rewriteTo\/b\/[^/]+\/o\/([^/]+)$/.exec(url.pathname);
  if (rewrite) return rewriteObject(store, rewrite, body, response);
  if (bucket === undefined) return signed(store, url, response);
  if (url.pathname.startsWith('/upload')) return upload(store, request, url, body, response);
  if (encoded === undefined) return list(store, url, response);
  const name = decodeURIComponent(encoded);
  const object = store.objects.get(name);
  const generation = url.searchParams.get('generation');
  if (!object || (generation !== null && generation !== String(object.generation)))
    return refuse(response, 404, `No such object: ${bucket}/${name}`);
  if (request.method === 'DELETE') {
    store.called('delete');
    store.objects.delete(name);
    response.writeHead(204).end();
  } else if (url.searchParams.get('alt') === 'media') {
    store.called('media');
    media(object, response);
  } else {
    store.called('get');
    json(response, resourceOf(object));
  }
}

function upload(
  store: StoredObjects,
  request: IncomingMessage,
  url: URL,
  body: Buffer,
  response: ServerResponse,
): void {
  const id = url.searchParams.get('upload_id');
  if (id !== null) return resume(store, id, request, body, response);
  const onlyGeneration = url.searchParams.get('ifGenerationMatch') ?? undefined;
  if (url.searchParams.get('uploadType') === 'resumable') {
    const described = parse(body) as Described & { name?: string };
    const name = url.searchParams.get('name') ?? described.name ?? '';
    store.called('resumable');
    const next = store.begin({ name, described, parts: [], onlyGeneration });
    const location = `${store.url}/upload/storage/v1/b/x/o?uploadType=resumable&upload_id=${next}`;
    response.writeHead(200, { location }).end();
    return;
  }
  store.called('insert');
  const { described, content } = multipart(request, body);
  const name = url.searchParams.get('name') ?? described.name ?? '';
  if (!store.allows(name, onlyGeneration)) return refuse(response, 412, 'conditionNotMet');
  json(response, resourceOf(store.put(name, content, described)));
}

/** A part of a resumable upload: 308 with what is there so far, 200 with the object at the end. */
function resume(
  store: StoredObjects,
  id: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const upload = store.uploads.get(id);
  if (!upload) return refuse(response, 404, 'no such upload');
  const [, range = '', total = '*'] =
    /^bytes (\*|\d+-(?:\d+|\*))\/(\*|\d+)$/.exec(request.headers['content-range'] ?? '') ?? [];
  const have = upload.parts.reduce((sum, part) => sum + part.length, 0);
  const from = range === '*' || range === '' ? have : Number(range.split('-')[0]);
  if (from <= have) upload.parts.push(body.subarray(have - from));
  const now = upload.parts.reduce((sum, part) => sum + part.length, 0);
  const last = request.headers['content-range'] === undefined || total === String(now);
  const openEnded = range.endsWith('-*');
  if (!last && !openEnded) {
    const headers = now > 0 ? { range: `bytes=0-${now - 1}` } : {};
    response.writeHead(308, headers).end();
    return;
  }
  store.uploads.delete(id);
  if (!store.allows(upload.name, upload.onlyGeneration))
    return refuse(response, 412, 'conditionNotMet');
  const object = store.put(upload.name, Buffer.concat(upload.parts), upload.described);
  json(response, resourceOf(object));
}

function rewriteObject(
  store: StoredObjects,
  [, from = '', to = '']: RegExpExecArray,
  body: Buffer,
  response: ServerResponse,
): void {
  store.called('rewrite');
  const object = store.objects.get(decodeURIComponent(from));
  if (!object) return refuse(response, 404, 'No such object');
  const { contentType, metadata } = parse(body) as Described;
  const written = store.put(decodeURIComponent(to), object.content, {
    contentType: contentType ?? object.contentType,
    metadata: metadata ?? object.metadata,
  });
  json(response, { kind: 'storage#rewriteResponse', done: true, resource: resourceOf(written) });
}

function list(store: StoredObjects, url: URL, response: ServerResponse): void {
  store.called('list');
  const prefix = url.searchParams.get('prefix') ?? '';
  const after = url.searchParams.get('pageToken') ?? '';
  const most = Number(url.searchParams.get('maxResults') ?? 1_000);
  const names = [...store.objects.keys()].filter((name) => name.startsWith(prefix)).toSorted();
  const rest = names.filter((name) => name > after);
  const page = rest.slice(0, most);
  const items = page.flatMap((name) => {
    const object = store.objects.get(name);
    return object ? [resourceOf(object)] : [];
  });
  const nextPageToken = rest.length > page.length ? page.at(-1) : undefined;
  json(response, { kind: 'storage#objects', items, ...(nextPageToken && { nextPageToken }) });
}

/** What a signed URL names: `/{bucket}/{object}`. Whether the signature is right is not checked here. */
function signed(store: StoredObjects, url: URL, response: ServerResponse): void {
  store.called('signed');
  const name = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
  const object = store.objects.get(name);
  if (!url.searchParams.has('X-Goog-Signature')) return refuse(response, 403, 'not signed');
  if (!object) return refuse(response, 404, 'No such object');
  media(object, response);
}

function media({ content, contentType, generation }: StoredObject, response: ServerResponse): void {
  const sum = `crc32c=${base64Sum(content)},md5=${createHash('md5').update(content).digest('base64')}`;
  response
    .writeHead(200, {
      'content-type': contentType,
      'content-length': content.length,
      'x-goog-hash': sum,
      'x-goog-generation': String(generation),
    })
    .end(content);
}

function resourceOf(object: StoredObject): object {
  return {
    kind: 'storage#object',
    name: object.name,
    bucket: 'x',
    size: String(object.content.length),
    contentType: object.contentType,
    metadata: object.metadata,
    generation: String(object.generation),
    metageneration: '1',
    updated: object.updated,
    crc32c: base64Sum(object.content),
    md5Hash: createHash('md5').update(object.content).digest('base64'),
  };
}

function base64Sum(content: Uint8Array): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32c(content));
  return bytes.toString('base64');
}

function multipart(
  request: IncomingMessage,
  body: Buffer,
): { described: Described & { name?: string }; content: Buffer } {
  const [, boundary = ''] =
    /boundary="?([^";]+)"?/.exec(request.headers['content-type'] ?? '') ?? [];
  const sections: Buffer[] = [];
  const marker = Buffer.from(`--${boundary}`);
  let at = body.indexOf(marker);
  while (at >= 0) {
    const next = body.indexOf(marker, at + marker.length);
    if (next < 0) break;
    sections.push(body.subarray(at + marker.length + 2, next - 2));
    at = next;
  }
  const contentOf = (section: Buffer | undefined): Buffer =>
    section?.subarray(section.indexOf('\r\n\r\n') + 4) ?? Buffer.alloc(0);
  return {
    described: parse(contentOf(sections[0])) as Described,
    content: Buffer.from(contentOf(sections[1])),
  };
}

function parse(body: Buffer): unknown {
  return body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function json(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function refuse(response: ServerResponse, code: number, message: string): void {
  if (response.headersSent) return void response.destroy();
  response
    .writeHead(code, { 'content-type': 'application/json' })
    .end(JSON.stringify({ error: { code, message, errors: [{ message, reason: 'stub' }] } }));
}

async function closeNow(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
