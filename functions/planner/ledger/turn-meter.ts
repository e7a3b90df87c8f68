import type { Run, TokenUse } from '../../../shared/contracts/run.ts';
import type { AppError } from '../../../shared/core/errors.ts';
import type { PlanningEvent, PlanRequest } from '../gemini/planning-event.ts';
import type { Spent, TokenLedger } from './token-ledger.ts';

const NOTHING: TokenUse = { prompt: 0, cached: 0, output: 0, thoughts: 0 };
const BYTES_PER_TOKEN = 4;

export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** What a picture of a browser's view costs at most at the default resolution (1,120 with Gemini 3, six tiles of 258 before). */
const PICTURE_TOKENS = 1_548;

/** By length; pictures by the piece. */
export function partsTokens(parts: unknown): number {
  const whole = JSON.stringify(parts);
  // Going through every value by hand takes several times as long.
  if (!whole.includes('"inlineData"')) return tokensOf(whole);
  let pictures = 0;
  const text = JSON.stringify(parts, (key, value: unknown) => {
    if (key !== 'inlineData') return value;
    pictures += 1;
    return undefined;
  });
  return tokensOf(text) + pictures * PICTURE_TOKENS;
}

/** What a prompt will weigh, by its length; within a tenth for text, and never too little by much. */
export function promptTokens(request: PlanRequest): number {
  const known = weighed.get(request);
  if (known !== undefined) return known;
  const tokens = tokensOf(request.systemInstruction) + partsTokens(request.contents);
  weighed.set(request, tokens);
  return tokens;
}

/** A request is not changed any more, and its meter asks again for what it was allowed by. */
const weighed = new WeakMap<PlanRequest, number>();

function add(left: TokenUse, right: TokenUse): TokenUse {
  return {
    prompt: left.prompt + right.prompt,
    cached: left.cached + right.cached,
    output: left.output + right.output,
    thoughts: left.thoughts + right.thoughts,
  };
}

/**
 * Counts one turn as it streams, over all its attempts, and puts it into the ledger once, however the turn ends: what the service
 * reported, or, where it had not yet, what was sent and received by length.
 */
export class TurnMeter {
  readonly #ledger: TokenLedger | undefined;
  readonly #run: Run;
  readonly #spent: Spent | undefined;
  readonly #promptTokens: number;
  #before = NOTHING;
  #now = NOTHING;
  #reported = true;
  #opened = false;
  #calls = 0;
  #estimated = 0;

  constructor(run: Run, request: PlanRequest, ledger?: { ledger: TokenLedger; spent: Spent }) {
    this.#run = run;
    this.#ledger = ledger?.ledger;
    this.#spent = ledger?.spent;
    this.#promptTokens = promptTokens(request);
  }

  get usage(): TokenUse {
    return add(this.#before, this.#now);
  }

  get calls(): number {
    return this.#calls;
  }

  /** An attempt that was answered without a report counts by length; one that was never answered costs nothing. */
  #settle(): void {
    if (this.#opened && !this.#reported) {
      this.#now = { ...this.#now, prompt: this.#promptTokens };
      this.#estimated += 1;
    }
    this.#before = this.usage;
    this.#now = NOTHING;
    this.#reported = false;
    this.#opened = false;
  }

  read(event: PlanningEvent): void {
    switch (event.type) {
      case 'turn.started':
        this.#settle();
        this.#calls += 1;
        break;
      case 'stream.opened':
        this.#opened = true;
        break;
      case 'usage':
        this.#now = event.usage;
        this.#reported = true;
        break;
      case 'thought.delta':
        if (!this.#reported)
          this.#now = { ...this.#now, thoughts: this.#now.thoughts + tokensOf(event.text) };
        break;
      case 'step.closed':
        if (!this.#reported)
          this.#now = {
            ...this.#now,
            output: this.#now.output + tokensOf(JSON.stringify(event.item)),
          };
        break;
      case 'turn.completed':
      case 'turn.broken':
        break;
    }
  }

  /** The limit that the stream has reached, if one. */
  exhausted(): AppError | undefined {
    if (!this.#ledger || !this.#spent) return undefined;
    return this.#ledger.exhausted(this.#run, this.#spent, this.usage);
  }

  async close(): Promise<void> {
    this.#settle();
    if (!this.#ledger || this.#calls === 0) return;
    const charge = { use: this.usage, calls: this.#calls, estimated: this.#estimated };
    await this.#ledger.charge(this.#run, charge);
  }
}
