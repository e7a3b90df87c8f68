import { once } from 'node:events';

import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

import { packageVersion } from '../../../shared/core/package-version.ts';
import { createMcpServer } from '../../mcp/mcp-server.ts';
import { withClient, type CommandContext } from '../session.ts';

/** Serves until the agent that started it leaves. */
export async function mcpCommand(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const server = createMcpServer(client, packageVersion());
    const left = new AbortController();
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has this one way only
    server.server.onclose = () => left.abort();
    process.stdin.once('end', () => left.abort());
    await server.connect(new StdioServerTransport());
    const over = AbortSignal.any([left.signal, context.signal]);
    if (!over.aborted) await once(over, 'abort');
    await server.close();
    return 0;
  });
}
