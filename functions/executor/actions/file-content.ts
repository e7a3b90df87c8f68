import { extname } from 'node:path';

import { fileTypeFromBuffer } from 'file-type';

import { StepStop } from './step.ts';

/** Endings under which the same bytes are found. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  jpg: ['jpeg', 'jfif'],
  zip: ['docx', 'xlsx', 'pptx', 'odt', 'ods', 'jar', 'epub'],
  cfb: ['doc', 'xls', 'ppt', 'msi'],
  xml: ['svg', 'xhtml', 'rss', 'kml'],
  tif: ['tiff'],
  gz: ['tgz'],
  mp4: ['m4v', 'm4a'],
};
/** Endings of text, which has no marks by which it is known. */
const TEXT = /^(txt|csv|tsv|json|xml|html?|md|log|yaml|yml|svg|ini|sql|css|js)$/;
/** Endings of files that are always known by their marks. */
const MARKED = /^(png|jpe?g|gif|webp|bmp|tiff?|pdf|zip|gz|7z|docx|xlsx|pptx|odt|ods|mp4|webm)$/;
/** What a site never needs from a run, whatever its name. */
const PROGRAMS = /^(exe|elf|macho|dll|msi|jar|class|wasm|deb|rpm|lnk|sh|dmg)$/;

/** Throws `refused` when a file's bytes are not what its name says, so that nothing goes to a site under a false name. */
export async function assertWhatItSays(name: string, content: Uint8Array): Promise<void> {
  const ending = extname(name).slice(1).toLowerCase();
  const found = await fileTypeFromBuffer(content);
  if (!found) {
    if (MARKED.test(ending) || PROGRAMS.test(ending))
      throw new StepStop(
        'refused',
        'action_refused',
        `"${name}" says ${ending}, and its bytes do not; it is not uploaded under that name`,
      );
    const binary = content.subarray(0, 4_096).includes(0);
    if (binary && TEXT.test(ending))
      throw new StepStop(
        'refused',
        'action_refused',
        `"${name}" is no text, whatever its name says`,
      );
    return;
  }
  const is: string = found.ext;
  if (PROGRAMS.test(is) || PROGRAMS.test(ending))
    throw new StepStop(
      'refused',
      'action_refused',
      `"${name}" is a program (${is}); programs are not uploaded`,
    );
  if (is === ending || ALIASES[is]?.includes(ending) === true || ending === '') return;
  throw new StepStop(
    'refused',
    'action_refused',
    `"${name}" says ${ending} and is ${is} (${found.mime}); it is not uploaded under that name`,
  );
}
