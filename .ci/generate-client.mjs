// usage: node .ci/generate-client.mjs OPENAPI OUT: a TypeScript client by @hey-api/openapi-ts.
import { registerHooks } from 'node:module';

// The generator prints through the compiler's JavaScript API, which TypeScript 7 no longer has; ts-morph carries the last one that did.
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'typescript' ? '@ts-morph/common/dist/typescript.js' : specifier, context),
});
const { createClient } = await import('@hey-api/openapi-ts');
const [input, output] = process.argv.slice(2);
await createClient({
  input,
  output: { path: output },
  logs: { level: 'error' },
  plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
});
