import { StepStop, type Step, type StepResult } from './step.ts';

const CHUNK = 1 << 20;

/** The page as a PDF. */
export async function print(step: Step): Promise<StepResult> {
  const tab = step.tab();
  if (tab.secretDocument === tab.documentId)
    throw new StepStop(
      'refused',
      'action_refused',
      'a page into which a secret was typed is not printed; leave the page first',
    );
  const { stream } = await tab.channel.send<{ stream: string }>('Page.printToPDF', {
    printBackground: true,
    preferCSSPageSize: true,
    transferMode: 'ReturnAsStream',
  });
  const chunks: Buffer[] = [];
  for (;;) {
    const { data, base64Encoded, eof } = await tab.channel.send<{
      data: string;
      base64Encoded?: boolean;
      eof: boolean;
    }>('IO.read', { handle: stream, size: CHUNK });
    chunks.push(Buffer.from(data, base64Encoded === true ? 'base64' : 'utf8'));
    if (eof) break;
  }
  await tab.channel.send('IO.close', { handle: stream });
  const artifact = await step.host.saveArtifact(
    'page.pdf',
    'application/pdf',
    'print',
    Buffer.concat(chunks),
    tab.page.url(),
  );
  return { artifacts: [artifact], looked: true };
}
