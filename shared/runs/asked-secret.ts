import type { HumanRequest } from '../contracts/run.ts';

/** The secret that a request asks for, and where it is to be typed; undefined when it asks for none. */
export function askedSecret(request: HumanRequest): { name: string; origin: string } | undefined {
  const { secret: name, origin } = request.facts;
  if (request.kind !== 'secret' || typeof name !== 'string' || typeof origin !== 'string')
    return undefined;
  return { name, origin };
}
