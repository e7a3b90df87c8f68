import type { FrameRecord } from '../browser/frame-record.ts';
import type { Step } from './step.ts';

interface Mark {
  readonly ref: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}
interface Origin {
  readonly left: number;
  readonly top: number;
  readonly scale: number;
}

const COLOURS = ['#c2185b', '#1565c0', '#2e7d32', '#6a1b9a', '#bf360c'];
const MAX_MARKS = 400;

/** Marks of all frames in CSS pixels of the page's view. */
async function marksOf(step: Step): Promise<Mark[]> {
  const { frames } = step.tab();
  const originOf = async (frame: FrameRecord): Promise<Origin> => {
    if (!frame.parent || frame.owner === undefined) return { left: 0, top: 0, scale: 1 };
    const outer = await originOf(frame.parent);
    const own = await frames.call<Origin>(frame.parent, 'frameOrigin', [frame.owner]);
    const { scale } = outer;
    return {
      left: outer.left + own.left * scale,
      top: outer.top + own.top * scale,
      scale: scale * own.scale,
    };
  };
  const list = (await frames.list()).filter((frame) => frame.number === 0 || frame.owner);
  const marks = await Promise.all(
    list.map(async (frame) => {
      const [found, origin] = await Promise.all([
        frames.call<Mark[]>(frame, 'marks', []),
        originOf(frame),
      ]);
      return found.map(({ ref, left, top, width, height }) => ({
        ref,
        left: origin.left + left * origin.scale,
        top: origin.top + top * origin.scale,
        width: width * origin.scale,
        height: height * origin.scale,
      }));
    }),
  );
  return marks.flat().slice(0, MAX_MARKS);
}

const boxHtml = ({ ref, left, top, width, height }: Mark, at: number): string => {
  const colour = COLOURS[at % COLOURS.length] ?? '';
  const above = top >= 13 ? top - 13 : top;
  return `<i style="left:${left}px;top:${top}px;width:${width}px;height:${height}px;border-color:${colour}"></i><b style="left:${Math.max(0, left)}px;top:${above}px;background:${colour}">${ref}</b>`;
};

const STYLE =
  'body{margin:0}img{display:block;width:100vw}i,b{position:absolute;box-sizing:border-box}i{border:1px solid}b{font:bold 11px/13px sans-serif;color:#fff;padding:0 2px}';

/**
 * A picture of the view with the refs of the last observation drawn on it, for models that see. The marks are drawn on the picture, in a page
 * beside it: the page itself never sees them.
 */
export async function markedPicture(step: Step, png: Buffer): Promise<Buffer> {
  const marks = await marksOf(step);
  const size = step.tab().page.viewportSize() ?? { width: 1_280, height: 720 };
  const page = await step.tabs.aside();
  try {
    await page.setViewportSize(size);
    await page.setContent(
      `<style>${STYLE}</style><img src="data:image/png;base64,${png.toString('base64')}">${marks.map(boxHtml).join('')}`,
    );
    return await page.screenshot({ type: 'png' });
  } finally {
    await page.close().catch(() => undefined);
  }
}
