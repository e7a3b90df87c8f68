import type { Caption, Frame } from './screencast.ts';

/** JSON inside a script element: nothing in it can end the element. */
const inScript = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const STYLE = `body{margin:0;background:#1b1d21;color:#e8e8e8;font:14px system-ui,sans-serif}
main{max-width:1280px;margin:auto;padding:12px}img{display:block;width:100%;background:#fff;min-height:200px}
nav{display:flex;gap:12px;align-items:center;padding:8px 0}input{flex:1}button{font:inherit;padding:4px 14px}
ol{list-style:none;margin:0;padding:0;max-height:30vh;overflow:auto}li{padding:3px 8px;cursor:pointer;border-left:3px solid transparent}
li.now{border-color:#7cb7ff;background:#2a2f38}time{display:inline-block;width:64px;color:#9aa4b2}`;

const PLAYER = `const $=(id)=>document.getElementById(id);let at=0,timer;
const clock=(ms)=>(ms/1000).toFixed(1)+' s';
const items=captions.map((c)=>{const li=document.createElement('li');const t=document.createElement('time');t.textContent=clock(c.atMs);li.append(t,c.text);li.onclick=()=>show(frames.findLastIndex((f)=>f.atMs<=c.atMs+250));$('steps').append(li);return li});
function show(n){at=Math.max(0,Math.min(frames.length-1,n));const f=frames[at];if(!f)return;$('picture').src='data:image/jpeg;base64,'+f.data;$('slider').value=at;$('clock').textContent=clock(f.atMs)+' of '+clock(frames.at(-1).atMs);
const now=captions.findLastIndex((c)=>c.atMs<=f.atMs);items.forEach((li,i)=>li.classList.toggle('now',i===now));items[now]?.scrollIntoView({block:'nearest'})}
function play(){if(at>=frames.length-1){stop();return}const wait=Math.min(2000,frames[at+1].atMs-frames[at].atMs);timer=setTimeout(()=>{show(at+1);play()},wait)}
function stop(){clearTimeout(timer);timer=undefined;$('play').textContent='Play'}
$('play').onclick=()=>{if(timer!==undefined){stop();return}$('play').textContent='Pause';if(at>=frames.length-1)show(0);play()};
$('slider').max=frames.length-1;$('slider').oninput=()=>{stop();show(Number($('slider').value))};
addEventListener('keydown',(e)=>{if(e.key==='ArrowRight')show(at+1);if(e.key==='ArrowLeft')show(at-1)});show(0)`;

/** One file that plays the pictures in any browser, without a network. */
export const screencastPage = (frames: readonly Frame[], captions: readonly Caption[]): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Screencast of a run</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<style>${STYLE}</style></head><body><main><img id="picture" alt="what the page showed"><nav><button id="play">Play</button><input id="slider" type="range" min="0" value="0" aria-label="Picture"><span id="clock"></span></nav><ol id="steps"></ol></main>
<script>const frames=${inScript(frames.map(({ atMs, data }) => ({ atMs: Math.round(atMs), data })))};
const captions=${inScript(captions.map(({ atMs, text }) => ({ atMs: Math.round(atMs), text })))};
${PLAYER}</script></body></html>
`;
