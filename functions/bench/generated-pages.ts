/** Pages that no package brings, made when asked for: large ones, and shapes that a page may have to do harm. */

const html = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><style>body{font:15px sans-serif;margin:1rem 2rem}pre{background:#eee;padding:.5rem}nav{columns:3}</style>${body}</html>`;
const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_unused, index) => make(index)).join('');
const WORDS =
  'a request ends when its reader has gone away or the deadline that the caller named has passed whichever comes first and what was written until then stays readable'.split(
    ' ',
  );
const prose = (seed: number, length: number): string =>
  Array.from({ length }, (_unused, at) => WORDS[(seed * 7 + at * 11) % WORDS.length]).join(' ');

/** A manual on one page: contents, chapters, code, cross-references. */
function longDocs(): string {
  const contents = times(260, (n) => `<li><a href="#s${n}">${n + 1}. ${prose(n, 3)}</a>`);
  const chapters = times(
    260,
    (n) =>
      `<h2 id="s${n}">${n + 1}. ${prose(n, 3)} <a href="#s${n}">¶</a></h2><p>${prose(n, 60)} <a href="#s${(n * 3) % 260}">${prose(n + 1, 2)}</a>, ${prose(n + 2, 40)} <a href="#s${(n * 5) % 260}">${prose(n + 3, 2)}</a>.</p><pre><code>open(${n}, { deadlineMs: ${n * 10} })\nread(${n})</code></pre><ul>${times(4, (m) => `<li>${prose(n + m, 12)}`)}</ul>`,
  );
  return html(
    'Manual',
    `<header><input type="search" aria-label="Search the manual"><button>Search</button></header><h1>Manual</h1><nav><ol>${contents}</ol></nav>${chapters}`,
  );
}

/** An index of names, as of a reference in many volumes. */
function hugeIndex(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');
  const parts = letters.map(
    (letter, part) =>
      `<h2 id="${letter}">${letter}</h2><dl>${times(220, (n) => `<dt>${letter.toLowerCase()}${prose(part + n, 1)}${n}<dd>${times(3, (m) => `<a href="volume${m}.html#${letter}${n}.${m}">${prose(n + m, 2)} (${m + 1})</a> `)}`)}</dl>`,
  );
  return html(
    'Index',
    `<h1>Index</h1><p>${letters.map((letter) => `<a href="#${letter}">${letter}</a> `).join('')}</p>${parts.join('')}`,
  );
}

/** 100,000 elements. */
function manyNodes(): string {
  return html(
    'Many nodes',
    `<h1>Feed</h1>${times(10_000, (n) => `<div><p><b>Entry ${n}</b> <i>by</i> <span>author <em>${n % 97}</em></span></p><p><a href="#${n}">open ${n}</a><span></span></p></div>`)}`,
  );
}

/** 50 MB of text between a few controls, one paragraph alone 10 MB. */
function muchText(): string {
  const paragraph = (characters: number): string => {
    const line = `${prose(3, 400)}. `;
    return `<p>${line.repeat(Math.ceil(characters / line.length))}</p>`;
  };
  return html(
    'Much text',
    `<h1>Log</h1><button>Follow</button>${paragraph(10_000_000)}<button>Next part</button>${times(40, (n) => `<h2>Part ${n}</h2>${paragraph(1_000_000)}<a href="#${n}">Download part ${n}</a>`)}`,
  );
}

/** A control below 130 elements, one in another, and 50 shadow roots likewise: as deep as the protocol can tell the ground truth. */
function deepNesting(): string {
  return html(
    'Deep nesting',
    `<h1>Deep</h1><button>Top</button><main id="deep"></main><section id="roots"></section><script>
let at=deep;for(let n=0;n<130;n++){const e=document.createElement('div');at.append(e);at=e}at.innerHTML='<button>Bottom</button>';
let host=roots;for(let n=0;n<50;n++){const e=document.createElement('div');host.append(e);host=e.attachShadow({mode:'open'})}host.innerHTML='<button>Bottom of the roots</button>';
</script>`,
  );
}

/** What scripts of frameworks do: handlers on the document, lists that draw what is in view, and one that never stops changing. */
function restless(): string {
  return html(
    'Restless',
    `<style>.tile{display:inline-block;width:80px;height:40px;background:#dde;margin:4px;cursor:pointer}#far{position:relative;height:400px;overflow:auto}.row{position:absolute;left:0;right:0;height:28px;cursor:pointer}</style>
<h1>Board</h1><p id="clock">0</p><div id="tiles"></div><h2>Names</h2><div id="far"><div id="space"></div></div><script>
tiles.innerHTML=Array.from({length:24},(_,n)=>'<div class="tile" data-tile="'+n+'">Tile '+n+'</div>').join('');
document.addEventListener('click',e=>{const t=e.target.closest('[data-tile],.row');if(t)document.title=t.textContent});
const draw=()=>{const first=Math.max(0,Math.floor(far.scrollTop/28)-4);space.style.height=100000*28+'px';space.innerHTML=Array.from({length:24},(_,n)=>'<div class="row" style="top:'+(first+n)*28+'px">Name '+(first+n)+'</div>').join('')};
draw();far.onscroll=draw;setInterval(()=>{clock.textContent=String(Math.floor(performance.now()/100))},100)</script>`,
  );
}

/** The description that the API explorer shows. */
const operations = (): string =>
  JSON.stringify({
    openapi: '3.0.0',
    info: { title: 'Orders', version: '1' },
    paths: Object.fromEntries(
      Array.from({ length: 15 }, (_unused, at) => [
        `/orders/${at}`,
        Object.fromEntries(
          ['get', 'post'].map((verb) => [
            verb,
            { summary: `${verb} order ${at}`, tags: [`group ${at % 3}`], responses: {} },
          ]),
        ),
      ]),
    ),
  });

export const GENERATED: Readonly<Record<string, () => string>> = {
  'openapi.json': operations,
  'long-docs.html': longDocs,
  'huge-index.html': hugeIndex,
  'many-nodes.html': manyNodes,
  'much-text.html': muchText,
  'deep-nesting.html': deepNesting,
  'restless.html': restless,
};
