/** Three answers as the service sends them: thoughts, text cut anywhere, a signature on an empty last part, counts that grow. */
export interface RecordedAnswer {
  readonly items: readonly Record<string, unknown>[];
  /** Payloads of the events, in order. */
  readonly payloads: readonly string[];
  readonly text: string;
}

function answer(
  thought: string,
  items: readonly Record<string, unknown>[],
  notes: string,
  size: number,
): RecordedAnswer {
  const text = JSON.stringify({ thought: 'next', steps: items, notes });
  const pieces = text.match(new RegExp(`.{1,${size}}`, 'gsu')) ?? [];
  const payload = (part: object, tokens: number, finishReason?: string): string =>
    JSON.stringify({
      candidates: [{ content: { role: 'model', parts: [part] }, ...(finishReason && { finishReason }), index: 0 }],
      usageMetadata: { promptTokenCount: 900, candidatesTokenCount: tokens, thoughtsTokenCount: 12 },
      modelVersion: 'gemini-x',
      responseId: 'r1',
    });
  return {
    items,
    text,
    payloads: [
      payload({ text: thought, thought: true }, 0),
      ...pieces.map((piece, index) => payload({ text: piece }, 8 * (index + 1))),
      payload({ text: '', thoughtSignature: 'U0lHTkFUVVJF' }, 8 * pieces.length + 1, 'STOP'),
    ],
  };
}

export const THREE_TURNS: readonly RecordedAnswer[] = [
  answer(
    'The form is empty; {"steps":[{"action":"back"}]} would be wrong.',
    [
      { action: 'type', target: 'e12', text: 'Ada “Lovelace” \\ {x} [y]', why: 'name' },
      { action: 'select', target: 'e13', values: ['Chilé', '漢字'], why: 'country' },
      { action: 'press', keys: 'Tab' },
      { action: 'press', keys: 'Tab' },
    ],
    'typed the name',
    41,
  ),
  answer(
    'Now the rows.',
    [
      { action: 'extract', fields: [{ name: 'Total', type: 'amount' }], keepField: 'Total', keepOp: 'largest' },
      { action: 'click', target: 'f2e7', why: 'open 😀', expectUrl: '/rows' },
    ],
    '',
    23,
  ),
  answer(
    'Done.',
    [{ action: 'finish', status: 'success', summary: 'ok', result: '{"a":[1,{"b":2}]}' }],
    'all done',
    64,
  ),
];

/** How many items had closed when only the first `bytes` of `wire` had come: counted on the text alone, without any parser of ours. */
export function closedBefore(recorded: RecordedAnswer, wire: string, bytes: number): number {
  const came = Buffer.from(wire).subarray(0, bytes).toString('latin1');
  let said = '';
  let from = 0;
  for (const payload of recorded.payloads) {
    const raw = Buffer.from(payload).toString('latin1');
    const at = came.indexOf(raw, from);
    if (at < 0) break;
    from = at + raw.length;
    const [part] = (JSON.parse(payload) as { candidates: [{ content: { parts: [{ text: string; thought?: boolean }] } }] })
      .candidates[0].content.parts;
    if (part.thought !== true) said += part.text;
  }
  let end = recorded.text.indexOf('"steps":');
  let closed = 0;
  for (const item of recorded.items) {
    const json = JSON.stringify(item);
    end = recorded.text.indexOf(json, end) + json.length;
    if (said.length >= end) closed += 1;
  }
  return closed;
}
