import type { LiveEvent } from '../../shared/contracts/live-event.ts';
import type { LogEntry } from '../../shared/contracts/log-entry.ts';
import type { GateReport } from '../../shared/contracts/wire-request.ts';
import { describeAction } from './describe-action.ts';
import { describeRequest } from './describe-request.ts';
import { duration, paint, plain } from './terminal-text.ts';

/** What happens, as it happens: one line a step, on a stream that is not the result's. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  #started: string | undefined;
  #intentAt = 0;
  #step = '';
  #thought = '';

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show(event: LiveEvent): void {
    if (event.type === 'thought') this.#thought = event.text;
    else this.#entry(event.entry);
  }

  note(text: string): void {
    this.#line(paint('dim', text, this.#out));
  }

  #line(text: string): void {
    this.#out.write(`${text}\n`);
  }

  /** What passed the wire gate and what did not, in one line. */
  #gate({ requests, more }: GateReport, before: string): string {
    const each = requests.slice(0, 3).map(({ method, url, verdict, by, reason }) => {
      const place = plain(url.split(/[?#]/, 1)[0] ?? '', 80);
      return verdict === 'passed'
        ? `${method} ${place} left (${by})`
        : `${method} ${place} did not leave: ${plain(reason, 160)}`;
    });
    const rest = requests.length - each.length + more;
    const text = `${before}${each.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
    return paint('dim', text, this.#out);
  }

  #entry(entry: LogEntry): void {
    const { event } = entry;
    const at = Date.parse(entry.at);
    this.#started ??= entry.at;
    const clock = paint('dim', duration(at - Date.parse(this.#started)).padStart(8), this.#out);
    const say = (mark: string, text: string): void => this.#line(`${clock}  ${mark} ${text}`);
    switch (event.type) {
      case 'run.created':
        return say('●', `run ${entry.runId} accepted`);
      case 'lease.taken':
        return event.takeover
          ? say('●', `taken up again (ownership ${event.leaseEpoch})`)
          : undefined;
      case 'browser.opened':
        return say(
          '●',
          `Chromium ${event.version}${event.sandboxed ? '' : paint('yellow', ' WITHOUT its sandbox (running as root)', this.#out)}${event.restored ? ', log-ins restored' : ''}`,
        );
      case 'turn.opened':
        return say(
          paint('cyan', '◆', this.#out),
          paint('bold', `turn ${event.planEpoch}`, this.#out) +
            paint(
              'dim',
              `  ${plain(event.observation.title, 40)}  ${plain(event.observation.url, 70)}  (${event.observation.chars} chars seen in ${duration(event.observation.ms)})`,
              this.#out,
            ),
        );
      case 'step.intent':
        this.#intentAt = at;
        this.#step = `${event.stepId.padEnd(5)} ${describeAction(event.action, event.facts)}`;
        if (event.decision.effect === 'commit')
          this.#step += paint('magenta', '  commit', this.#out);
        return undefined;
      case 'step.ended': {
        const { outcome } = event;
        const took = paint('dim', `  ${duration(at - this.#intentAt)}`, this.#out);
        // What became of a file that another act began.
        const also = outcome.message === undefined ? '' : `  ${plain(outcome.message)}`;
        if (outcome.status === 'done')
          say(paint('green', '✓', this.#out), this.#step + took + also);
        else
          say(
            paint('yellow', '!', this.#out),
            `${this.#step}${took}  ${outcome.status}: ${plain(outcome.message ?? '')}`,
          );
        if (outcome.gate) say(' ', this.#gate(outcome.gate, ''));
        return undefined;
      }
      case 'step.let-go':
        return say('●', `${event.stepId.padEnd(5)} what waited was let go`);
      case 'step.late':
        return say(' ', this.#gate(event.gate, `${event.stepId} sent later: `));
      case 'step.refused':
        return say(
          paint('yellow', '✗', this.#out),
          `${event.stepId.padEnd(5)} ${event.action ? describeAction(event.action) : 'step'}: ${plain(event.error.message, 300)}`,
        );
      case 'step.uncertain':
        say(
          paint('red', '?', this.#out),
          `${event.stepId.padEnd(5)} outcome unknown: ${plain(event.reason)}`,
        );
        if (event.gate) say(' ', this.#gate(event.gate, ''));
        return undefined;
      case 'step.resolved':
        return say(
          '●',
          `${event.stepId.padEnd(5)} found out: ${event.verdict} (by ${event.by}${event.detail ? `; ${plain(event.detail)}` : ''})`,
        );
      case 'artifact.saved':
        return say(
          '↓',
          `${plain(event.artifact.name)}  ${paint('dim', `${event.artifact.bytes} bytes`, this.#out)}`,
        );
      case 'egress.refused':
        return say(
          paint('yellow', '✗', this.#out),
          `refused on the way out${event.count > 1 ? ` ${event.count} times` : ''}: ${plain(event.detail, 300)}`,
        );
      case 'secret.used':
        return say('●', `log-in ${plain(event.name)} given to ${plain(event.origin)}`);
      case 'human.requested':
        say(paint('yellow', '✋', this.#out), plain(event.request.question, 400));
        for (const line of describeRequest(event.request)) say(' ', line);
        return undefined;
      case 'take-over.input':
        return say('✋', `by hand: ${plain(event.input, 120)}`);
      case 'human.answered':
        return say('●', `answered: ${plain(event.answer)}`);
      case 'run.cancel-requested':
        return say('●', 'cancel requested');
      case 'run.paused':
        return say(
          paint('yellow', '‖', this.#out),
          `paused by ${plain(entry.actor)}${event.reason === '' ? '' : `: ${plain(event.reason, 200)}`}`,
        );
      case 'run.resumed':
        return say('●', `resumed by ${plain(entry.actor)}`);
      case 'turn.closed': {
        if (this.#thought !== '')
          say(' ', paint('dim', `“${plain(this.#thought, 200)}”`, this.#out));
        this.#thought = '';
        const unusual =
          event.reason === 'broken' || event.reason === 'silent' || event.reason === 'invalid';
        return unusual
          ? say(
              paint('yellow', '!', this.#out),
              `turn ${event.planEpoch} ${event.reason}: ${plain(event.detail, 300)}`,
            )
          : undefined;
      }
      case 'run.ended': {
        const text = `${event.status}${event.summary ? `: ${plain(event.summary, 300)}` : ''}`;
        return say(
          event.status === 'succeeded'
            ? paint('green', '■', this.#out)
            : paint('red', '■', this.#out),
          text,
        );
      }
      case 'run.erased':
        return say('■', `erased: ${plain(event.reason, 300)}`);
      case 'payload.erased':
        return say(' ', paint('dim', `${plain(event.of)} (its content was erased)`, this.#out));
      case 'lease.released':
      case 'browser.state-saved':
      case 'human.expired':
        return undefined;
    }
  }
}
