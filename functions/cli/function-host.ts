import { randomBytes } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  request as httpRequest,
  type Server,
} from 'node:http';

import { CODE_HEADER } from '../../shared/hosting/push-function.ts';
import { closeServer, listen } from '../../shared/hosting/front-server.ts';

export interface Answered {
  readonly status: number;
  /** Code of the error, where the function tells it. */
  readonly code: string | undefined;
}

/** The functions that Google's services would call, behind one loopback port. */
export interface FunctionHost {
  /** Posts to a function as its caller would; gives the status, and told why when a push is not taken. `topic` is where it came from. */
  call(
    name: string,
    body: string,
    options: { topic?: string; signal: AbortSignal },
  ): Promise<Answered>;
  close(): Promise<void>;
}

function codeOf(headers: IncomingHttpHeaders): string | undefined {
  const code = headers[CODE_HEADER];
  return typeof code === 'string' ? code : undefined;
}

/** Only this process knows the paths, so nothing else on the machine can call. */
export async function startFunctionHost(
  functions: Readonly<Record<string, Server>>,
): Promise<FunctionHost> {
  const secret = randomBytes(16).toString('hex');
  const server = createServer((request, response) => {
    const [, key, name = ''] = (request.url ?? '').split('/');
    const target = key === secret && Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (target) target.emit('request', request, response);
    else response.writeHead(404).end();
  });
  // A planning turn may take minutes to be answered.
  server.requestTimeout = 0;
  const port = await listen(server, '127.0.0.1', 0);
  return {
    call: async (name, body, { topic, signal }) =>
      new Promise((resolve, reject) => {
        // The framework reads the topic of a push from the end of the path.
        const path = `/${secret}/${name}${topic === undefined ? '' : `/projects/local/topics/${topic}`}`;
        const headers = {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        };
        const sent = httpRequest(
          { host: '127.0.0.1', port, path, method: 'POST', headers, signal },
          (response) => {
            response.resume();
            const { statusCode: status = 500, headers: answered } = response;
            response.once('end', () => resolve({ status, code: codeOf(answered) }));
            response.once('error', reject);
          },
        );
        sent.once('error', reject);
        sent.end(body);
      }),
    close: async () => closeServer(server),
  };
}
