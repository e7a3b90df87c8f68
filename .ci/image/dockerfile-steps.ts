import { readFileSync } from 'node:fs';

import {
  Copy,
  DockerfileParser,
  Entrypoint,
  Env,
  From,
  type Instruction,
  ModifiableInstruction,
  type Property,
} from 'dockerfile-ast';

export type Step =
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'copy'; readonly from: string | undefined; readonly paths: readonly string[] }
  | { readonly kind: 'env'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'workdir'; readonly path: string }
  | { readonly kind: 'user'; readonly user: string }
  | { readonly kind: 'entrypoint'; readonly words: readonly string[] };

export interface Stage {
  readonly name: string;
  /** Another stage, or an image. */
  readonly base: string;
  readonly steps: readonly Step[];
}

/** Only said about an image; nothing to do. */
const SAID = new Set(['LABEL', 'STOPSIGNAL', 'EXPOSE']);

/** The stages of a Dockerfile, in order. Throws for an instruction, or a flag, that this does not follow: then a test would prove less than it says. */
export function stagesOf(file: string): readonly Stage[] {
  const parsed = DockerfileParser.parse(readFileSync(file, 'utf8'));
  const given = new Map(
    parsed.getInitialARGs().map((each): [string, string] => {
      const property = each.getProperty();
      return [property?.getName() ?? '', property?.getValue() ?? ''];
    }),
  );
  const stages: { name: string; base: string; steps: Step[] }[] = [];
  for (const instruction of parsed.getInstructions()) {
    if (instruction instanceof From) {
      const base = expanded(instruction.getImage() ?? '', given);
      stages.push({ name: instruction.getBuildStage() ?? '', base, steps: [] });
      continue;
    }
    const stage = stages.at(-1);
    // Before the first FROM stand ARGs only.
    if (!stage || SAID.has(instruction.getKeyword())) continue;
    stage.steps.push(stepOf(instruction));
  }
  return stages;
}

function stepOf(instruction: Instruction): Step {
  const keyword = instruction.getKeyword();
  const text = instruction.getArgumentsContent() ?? '';
  const words = instruction.getArguments().map((argument) => argument.getValue());
  const flags = instruction instanceof ModifiableInstruction ? instruction.getFlags() : [];
  const unknown = flags.find((flag) => keyword !== 'COPY' || flag.getName() !== 'from');
  if (unknown) throw new Error(`${keyword} --${unknown.getName()} is not followed`);
  if (instruction instanceof Copy) {
    return { kind: 'copy', from: flags[0]?.getValue() ?? undefined, paths: words };
  }
  if (instruction instanceof Env) return { kind: 'env', values: valuesOf(instruction) };
  if (instruction instanceof Entrypoint)
    return { kind: 'entrypoint', words: JSON.parse(text) as string[] };
  if (keyword === 'RUN') return { kind: 'run', command: text };
  if (keyword === 'WORKDIR') return { kind: 'workdir', path: text };
  if (keyword === 'USER') return { kind: 'user', user: text };
  throw new Error(`${keyword} is not followed`);
}

function valuesOf(instruction: Env): Record<string, string> {
  const named = (property: Property): [string, string] => [
    property.getName(),
    property.getValue() ?? '',
  ];
  return Object.fromEntries(instruction.getProperties().map(named));
}

function expanded(text: string, given: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\{?(\w+)\}?/g, (_whole, name: string) => given.get(name) ?? '');
}
