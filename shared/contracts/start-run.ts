import { z } from 'zod';

import { RunRequest } from './run.ts';
import { TemplateRunRequest } from './template.ts';

/** What starts a run: a goal with its contract, or a template with its inputs. */
export const StartRunRequest = z.union([RunRequest, TemplateRunRequest]);
export type StartRunRequest = z.infer<typeof StartRunRequest>;
export type StartRunRequestInput = z.input<typeof StartRunRequest>;
