import { installClobbering } from './clobbering.ts';
import { installDom } from './dom.ts';
import { installFacts } from './facts.ts';
import { installFields } from './fields.ts';
import { installFinding } from './finding.ts';
import { installHandling } from './handling.ts';
import { installHovering } from './hovering.ts';
import { installLines } from './lines.ts';
import { installNames } from './names.ts';
import { installReading } from './reading.ts';
import { installRendering } from './rendering.ts';
import { installScrolling } from './scrolling.ts';
import { installSelecting } from './selecting.ts';
import { installShape } from './shape.ts';
import { installTargets } from './targets.ts';
import { installTouch } from './touch.ts';
import { installWaiting } from './waiting.ts';
import { installWalk } from './walk.ts';

const PARTS = [
  installClobbering,
  installDom,
  installNames,
  installHovering,
  installShape,
  installWalk,
  installLines,
  installTargets,
  installFacts,
  installTouch,
  installFields,
  installFinding,
  installScrolling,
  installReading,
  installWaiting,
  installHandling,
  installSelecting,
  installRendering,
];

/** Without indentation: the source travels once for each process of a page. No part holds a template of several lines. */
const SOURCE = PARTS.map((part) => `(${part.toString()})(agent);`)
  .join('\n')
  .replace(/\n\s+/g, '\n');

/** The source that sets up the isolated world of a document; harmless when it runs twice. */
export const agentScript = (key: string): string =>
  `(() => { if (globalThis.__rodex) return; const agent = { key: ${JSON.stringify(key)}, masks: [], prefix: '', next: 1, labelMap: null };\n${SOURCE}\nglobalThis.__rodex = agent; })()`;
