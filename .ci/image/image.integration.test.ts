import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { PDFDocument } from 'pdf-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type EmulatedPlatform,
  startEmulatedPlatform,
} from '../../functions/cli/emulated/emulated-platform.ts';
import { readLedger } from '../../functions/cli/ledger-file.ts';
import { demoRequest, PORTAL_SECRET } from '../../functions/site/demo-goal.ts';
import { type Site, startSite } from '../../functions/site/site.ts';
import { createClient } from '../../shared/client/client.ts';
import { readConfig } from '../../shared/core/config.ts';
import { silentLogger } from '../../shared/core/logger.ts';
import { hasGcloud } from '../../shared/emulators/gcloud-emulator.ts';
import { browserProblems, watchBrowsers } from '../watch-browsers.mjs';
import { cannotMakeImages } from './able.ts';
import { type BuiltImage, buildRoot } from './build-root.ts';
import { enterRoot, firstProcess } from './enter-root.ts';

/** docs/architecture/container.md */
const BUDGET_MB = 460;
const CHECKOUT = resolve(import.meta.dirname, '../..');
const MAKE_MS = 300_000;

const why = hasGcloud() ? cannotMakeImages() : 'gcloud is missing';

if (why !== undefined) {
  it.skip(`unable here: the executor's image is not made, because ${why}`, () => undefined);
} else {
  describe("the executor's image, made from its Dockerfile without a Docker engine", () => {
    let place = '';
    let image: BuiltImage;
    let site: Site;
    let here: EmulatedPlatform;
    const entered: ChildProcess[] = [];
    beforeAll(async () => {
      place = await mkdtemp(join(tmpdir(), 'rodex-image-'));
      await promisify(execFile)('node', [join(CHECKOUT, '.ci/bundle.mjs')], { cwd: CHECKOUT });
      image = await buildRoot({
        dockerfile: join(CHECKOUT, 'functions/executor/Dockerfile'),
        context: CHECKOUT,
        place,
      });
      site = await startSite({ seed: 1, dataDir: join(place, 'site') });
      const config = { ...readConfig({ HOME: place }), dataDir: place };
      here = await startEmulatedPlatform(config, {
        log: silentLogger,
        warn: () => undefined,
        executors: 0,
      });
      await here.platform.secrets.set('local', PORTAL_SECRET, site.credentials.password, [
        site.origin,
      ]);
    }, MAKE_MS);
    afterAll(async () => {
      for (const child of entered) child.kill('SIGKILL');
      await here?.close();
      await site?.close();
      await rm(place, { recursive: true, force: true });
    }, 60_000);

    /** The image's entry point as a container, once it says that it is ready. */
    const start = async (): Promise<{ child: ChildProcess; said: string[] }> => {
      const emulators = here.gcp.emulators;
      const child = enterRoot(image, {
        RODEX_PLATFORM: 'gcp',
        GOOGLE_CLOUD_PROJECT: here.gcp.projectId,
        RODEX_BUCKET: here.gcp.bucket,
        RODEX_AUDIT_BUCKET: here.gcp.auditBucket,
        FIRESTORE_EMULATOR_HOST: emulators?.firestoreHost ?? '',
        PUBSUB_EMULATOR_HOST: emulators?.pubsubHost ?? '',
        RODEX_SECRET_MANAGER_EMULATOR_HOST: emulators?.secretManagerHost ?? '',
        STORAGE_EMULATOR_HOST: emulators?.storageUrl ?? '',
        METADATA_SERVER_DETECTION: 'none',
      });
      entered.push(child);
      const said: string[] = [];
      if (!child.stdout || !child.stderr) throw new Error('no pipes');
      createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
      const ready = once(createInterface({ input: child.stdout }), 'line');
      const ended = once(child, 'exit').then(() => {
        throw new Error(`the image's program ended:\n${said.join('\n')}`);
      });
      await Promise.race([ready, ended]);
      // From here on its end is wanted.
      ended.catch(() => undefined);
      return { child, said };
    };

    it(`is no larger than its budget of ${BUDGET_MB} MB`, () => {
      const megabytes = Math.round(image.bytes / 1e6);
      // oxlint-disable-next-line no-console -- the figure is what this test is run for
      console.log(`the executor's image: ${megabytes} MB of ${BUDGET_MB} MB`);
      expect(megabytes).toBeLessThanOrEqual(BUDGET_MB);
      expect(megabytes).toBeGreaterThan(250);
    });

    it('reads a PDF in a thread that starts no executor', async () => {
      const document = await PDFDocument.create();
      document.addPage().drawText('Total 495');
      const bundled = pathToFileURL(join(image.root, 'opt/rodex/pdf-text.mjs')).href;
      // Without types: it is what `npm run bundle` made of pdf-text.ts.
      const { pdfText } = (await import(/* @vite-ignore */ bundled)) as {
        pdfText: (content: Uint8Array) => Promise<{ pages: string[]; total: number }>;
      };
      expect(await pdfText(await document.save())).toEqual({ pages: ['Total 495'], total: 1 });
    });

    it('runs the demo as an ordinary user, the root read-only, the sandbox of Chromium on, and ends by SIGTERM', async () => {
      const { child, said } = await start();
      const facts = firstProcess(child);
      expect(facts).toMatchObject({ uid: 10_001, capabilities: 0n, rootIsReadOnly: true });
      const browsers = watchBrowsers(10_001, '/opt/chromium');
      const client = createClient({ url: here.url, key: here.key });
      const { runId } = await client.createRun(demoRequest(site, 'REF-IMAGE'));
      for await (const event of client.events(runId))
        if (event.type === 'entry' && event.entry.event.type === 'run.ended') break;
      const run = await client.run(runId);
      expect([run.status, run.error?.message]).toEqual(['succeeded', undefined]);
      expect(browserProblems(browsers.stop())).toEqual([]);
      const orders = (await readLedger(site.ledgerPath)).filter(
        ({ kind, marker }) => kind === 'order' && marker === 'REF-IMAGE',
      );
      expect(orders).toHaveLength(1);
      expect(said).toEqual([]);
      const ended = once(child, 'exit');
      process.kill(facts.pid, 'SIGTERM');
      expect(await ended).toEqual([0, null]);
    }, 180_000);
  });
}
