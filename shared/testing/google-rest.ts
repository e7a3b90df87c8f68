import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GoogleRest extends AsyncDisposable {
  /** `127.0.0.1:port`: for RODEX_GOOGLE_APIS_EMULATOR_HOST. */
  readonly host: string;
  /** `HOST/PATH` of each request, without its query. */
  readonly asked: readonly string[];
}

/** What a stand-in answers: a body, or a status where something is refused. Absent: 404. */
export type Answers = ReadonlyMap<string, object | number>;

/** Google's REST APIs as far as `rodex deploy plan` and `doctor --gcp` ask them, over HTTP, by `HOST/PATH`. */
export async function startGoogleRest(answers: Answers): Promise<GoogleRest> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(1).split('?')[0] ?? '';
    asked.push(path);
    const answer = answers.get(path) ?? 404;
    const status = typeof answer === 'number' ? answer : 200;
    const body = typeof answer === 'number' ? { error: { code: status } } : answer;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
