import { microUsdOf, PRICES } from '../core/model-prices.ts';
import { usdOf } from './gcp-prices.ts';
import { COMPONENT_SPECS } from './gcp-topology.ts';

/** A part of the bill. */
export interface Cost {
  readonly part: string;
  readonly how: string;
  readonly usd: number;
}

/** Executors as Terraform makes them unless told otherwise. */
export interface ExecutorSize {
  readonly instances: number;
  readonly cpus: number;
  readonly slots: number;
}
export const DEFAULT_EXECUTORS: ExecutorSize = { instances: 1, cpus: 2, slots: 4 };

const MONTH_S = 30 * 86_400;
const HOURS = MONTH_S / 3_600;
const GIB = 1_024;

/** Counted on the emulators, each run of ten steps in one turn divided by ten (docs/architecture/google-cloud.md). */
const STEP = { writes: 8.5, reads: 15.4, messages: 4.3 } as const;
/** Assumed: what a run of ten steps takes. The demo of 22 steps took 45,000 prompt tokens, 82 % of them cached. */
const RUN = {
  steps: 10,
  seconds: 30,
  turns: 3,
  turnSeconds: 6,
  tokens: { prompt: 20_000, cached: 16_000, output: 2_000, thoughts: 0 },
} as const;
/** With nothing to do: an executor asks for open runs 20 times a minute with two queries; the scheduler is woken once a minute. */
const IDLE = { pollReadsPerMinute: 40, tickReads: 10, tickSeconds: 0.5, imagesGib: 1 } as const;

const memoryGib = (component: 'executor' | 'planner' | 'scheduler'): number =>
  COMPONENT_SPECS[component].memoryMiB / GIB;

/** What stands there costs in a month in which nobody starts a run. */
export function idleCosts({ instances, cpus }: ExecutorSize): readonly Cost[] {
  const seconds = instances * MONTH_S;
  const gib = memoryGib('executor');
  const minutes = MONTH_S / 60;
  const reads = minutes * (IDLE.pollReadsPerMinute * instances + IDLE.tickReads);
  const tickSeconds = minutes * IDLE.tickSeconds;
  return [
    {
      part: 'executors',
      how: `${instances} warm, ${cpus} vCPU, ${gib} GiB`,
      usd: usdOf('instanceCpu', seconds * cpus) + usdOf('instanceMemory', seconds * gib),
    },
    {
      part: 'way out',
      how: 'Cloud NAT with one address',
      usd: usdOf('natInstances', HOURS * instances) + usdOf('natAddresses', HOURS),
    },
    {
      part: 'looking for work',
      how: `${reads.toLocaleString('en-US')} reads, a tick a minute`,
      usd:
        usdOf('documentReads', reads) +
        usdOf('requestCpu', tickSeconds) +
        usdOf('requestMemory', tickSeconds * memoryGib('scheduler')) +
        usdOf('schedulerJobs', 1),
    },
    {
      part: 'secrets, keys, images',
      how: '3 versions, 3 keys, 1 GiB',
      usd: usdOf('secretVersions', 3) + usdOf('keyVersions', 3) + usdOf('imageStorage', 1),
    },
  ];
}

/** What so many runs of ten steps cost beside that. */
export function runCosts(
  runs: number,
  { cpus, slots }: ExecutorSize,
  model: string,
): readonly Cost[] {
  const steps = runs * RUN.steps;
  const slotSeconds = (runs * RUN.seconds) / slots;
  const turnSeconds = runs * RUN.turns * RUN.turnSeconds;
  const price = PRICES[model];
  const { prompt, cached, output } = RUN.tokens;
  const count = (value: number): string => Math.round(value).toLocaleString('en-US');
  return [
    {
      part: 'Firestore',
      how: `${count(steps * STEP.writes)} writes, ${count(steps * STEP.reads)} reads`,
      usd:
        usdOf('documentWrites', steps * STEP.writes) + usdOf('documentReads', steps * STEP.reads),
    },
    {
      part: 'Pub/Sub',
      how: `${count(steps * STEP.messages)} messages, 1 KiB each`,
      usd: usdOf('messageBytes', steps * STEP.messages * 1_024),
    },
    {
      part: 'Cloud Storage, Secret Manager, KMS',
      how: '2 objects, 2 secret reads, 1 key a run',
      usd:
        usdOf('objectWrites', runs * 2) + usdOf('secretReads', runs * 2) + usdOf('keyUses', runs),
    },
    {
      part: 'executors',
      how: `${RUN.seconds} s a run in one of ${slots} slots of ${cpus} vCPU, ${memoryGib('executor')} GiB`,
      usd:
        usdOf('instanceCpu', slotSeconds * cpus) +
        usdOf('instanceMemory', slotSeconds * memoryGib('executor')),
    },
    {
      part: 'planner',
      how: `${RUN.turns} turns of ${RUN.turnSeconds} s, 1 vCPU, ${memoryGib('planner')} GiB`,
      usd:
        usdOf('requestCpu', turnSeconds) +
        usdOf('requestMemory', turnSeconds * memoryGib('planner')),
    },
    {
      part: 'model',
      how: `${count(prompt)} prompt tokens (${(cached / prompt) * 100} % cached), ${count(output)} out${price ? '' : `; the price of ${model} is not known`}`,
      usd: price ? (microUsdOf(RUN.tokens, price) * runs) / 1_000_000 : 0,
    },
  ];
}

/** Two digits that count, three above a hundred; what is next to nothing is said to be so. */
export function money(usd: number): string {
  if (usd < 0.0005) return usd === 0 ? '0' : '< 0.001';
  return usd < 100 ? String(Number(usd.toPrecision(2))) : usd.toFixed(0);
}

export const together = (costs: readonly Cost[]): number =>
  costs.reduce((sum, { usd }) => sum + usd, 0);
