import { text } from 'node:stream/consumers';

import { AppError } from '../../../shared/core/errors.ts';
import { LOCAL, readContexts, writeContexts } from '../contexts.ts';
import type { CommandContext } from '../session.ts';

export async function contextListCommand({ config, json, out }: CommandContext): Promise<number> {
  const { current = LOCAL, contexts } = readContexts(config.contextsFile);
  const rows = [
    { name: LOCAL, url: undefined, tenant: undefined, current: current === LOCAL },
    ...Object.entries(contexts).map(([name, { url, tenant }]) => ({
      name,
      url,
      tenant,
      current: current === name,
    })),
  ];
  if (json) out.write(`${JSON.stringify(rows)}\n`);
  else
    for (const row of rows)
      out.write(
        `${row.current ? '*' : ' '} ${row.name.padEnd(20)} ${row.url ?? 'the platform of this machine'}${row.tenant === undefined ? '' : `  tenant ${row.tenant}`}\n`,
      );
  return 0;
}

/** The key comes from standard input: arguments are seen by every process of the machine. */
export async function contextSetCommand(
  { config, err }: CommandContext,
  name: string,
  options: { url: string; tenant?: string; key?: boolean },
): Promise<number> {
  if (name === LOCAL)
    throw new AppError(
      'invalid_request',
      'local is the platform of this machine; take another name',
    );
  const before = readContexts(config.contextsFile);
  const key = options.key === true ? (await text(process.stdin)).trim() : undefined;
  const { url, tenant } = options;
  const context = {
    url,
    ...(tenant !== undefined && { tenant }),
    ...(key !== undefined && key !== '' && { key }),
  };
  await writeContexts(config.contextsFile, {
    ...before,
    contexts: { ...before.contexts, [name]: context },
  });
  err.write(
    `${name} is ${url}; \`rodex context use ${name}\` makes it the one that commands use\n`,
  );
  return 0;
}

export async function contextUseCommand(
  { config, err }: CommandContext,
  name: string,
): Promise<number> {
  const before = readContexts(config.contextsFile);
  if (name !== LOCAL && !before.contexts[name])
    throw new AppError(
      'not_found',
      `there is no context ${name}; \`rodex context list\` shows all`,
    );
  await writeContexts(config.contextsFile, { ...before, current: name });
  err.write(`commands now use ${name}\n`);
  return 0;
}

export async function contextRemoveCommand(
  { config, err }: CommandContext,
  name: string,
): Promise<number> {
  const { current, contexts, ...rest } = readContexts(config.contextsFile);
  if (!contexts[name]) throw new AppError('not_found', `there is no context ${name}`);
  const { [name]: _gone, ...kept } = contexts;
  const still = current === undefined || current === name ? {} : { current };
  await writeContexts(config.contextsFile, { ...rest, ...still, contexts: kept });
  err.write(`${name} is gone\n`);
  return 0;
}
