// One program for each function, in bundles/NAME/, as it is deployed: index.mjs with its late parts. An HTTP function has a package.json that
// brings functions-framework; the executor's folder is what functions/executor/Dockerfile copies, with playwright-core beside it.
// What reads files beside itself, or must be one copy with the framework, stays outside.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const FRAMEWORK = '@google-cloud/functions-framework';
const FUNCTION = { external: [FRAMEWORK, `${FRAMEWORK}/testing`], dependencies: [FRAMEWORK] };
const BUNDLES = {
  api: FUNCTION,
  planner: FUNCTION,
  scheduler: FUNCTION,
  triggers: FUNCTION,
  executor: {
    // Chromium is unpacked while the image is made; the image names it by RODEX_CHROMIUM_PATH.
    external: ['playwright-core', '@sparticuz/chromium'],
    dependencies: [],
    copied: ['playwright-core'],
    // Read by a thread of its own, which must not start an executor.
    parts: { 'pdf-text': 'functions/executor/actions/pdf-text.ts' },
  },
};
/** Of playwright-core: viewers and declarations, which no run needs. */
const NOT_COPIED = /\/(lib\/vite|lib\/tools|types)$|\.d\.ts$|\.md$/;

const out = join(root, 'bundles');
const { dependencies, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
rmSync(out, { recursive: true, force: true });

const kib = (bytes) => Math.round(bytes / 1024);

/** Tables of protocols are large: parsing JSON is faster than compiling the same as code. */
const parsedJson = {
  name: 'parsed-json',
  setup: ({ onLoad }) => {
    onLoad({ filter: /node_modules.*\.json$/ }, ({ path }) => {
      const text = JSON.stringify(JSON.parse(readFileSync(path, 'utf8')));
      const contents = `module.exports = JSON.parse(${JSON.stringify(text)});`;
      return text.length > 20_000 ? { contents, loader: 'js' } : undefined;
    });
  },
};

for (const [name, { external, dependencies: needed, copied = [], parts = {} }] of Object.entries(
  BUNDLES,
)) {
  const folder = join(out, name);
  mkdirSync(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { index: `functions/${name}/main.ts`, ...parts },
    outdir: folder,
    entryNames: '[name]',
    chunkNames: 'part-[hash]',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What is loaded late is a file of its own.
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    // What runs inside pages is the text of our functions, where esbuild's helper for names is unknown.
    keepNames: name !== 'executor',
    legalComments: 'none',
    metafile: true,
    external: [...external, 'node:sqlite'],
    plugins: [parsedJson],
    // CommonJS inside asks for these.
    banner: {
      js: "import{createRequire as __make}from'node:module';const require=__make(import.meta.url),__dirname=import.meta.dirname,__filename=import.meta.filename;",
    },
    logLevel: 'warning',
  });
  writeFileSync(
    join(folder, 'package.json'),
    `${JSON.stringify(
      {
        name: 'rodex',
        version,
        private: true,
        type: 'module',
        main: 'index.mjs',
        dependencies: Object.fromEntries(needed.map((each) => [each, dependencies[each]])),
      },
      null,
      2,
    )}\n`,
  );
  for (const each of copied)
    cpSync(join(root, 'node_modules', each), join(folder, 'node_modules', each), {
      recursive: true,
      filter: (path) => !NOT_COPIED.test(path),
    });
  const { bytes } = Object.entries(metafile.outputs).find(([file]) =>
    file.endsWith('index.mjs'),
  )[1];
  const all = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  console.log(`bundles/${name}: ${kib(bytes)} KiB at first, ${kib(all)} KiB in all`);
}
