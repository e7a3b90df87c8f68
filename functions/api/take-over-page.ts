import { createHash } from 'node:crypto';

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--ground:#fff;--card:#f6f8fa;--act:#0969da}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#30363d;--ground:#0d1117;--card:#161b22;--act:#58a6ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header{display:flex;gap:1rem;align-items:center;flex-wrap:wrap;padding:.8rem 1.2rem;border-bottom:1px solid var(--line)}
header p{margin:0;flex:1 1 20rem}
code{font:13px ui-monospace,monospace}.soft{color:var(--soft)}
form,main{padding:1rem 1.2rem}label{display:block;margin:.6rem 0}label input{display:block;margin-top:.15rem}
input{font:inherit;width:100%;max-width:34rem;padding:.35rem .5rem;border:1px solid var(--line);border-radius:6px;background:var(--card);color:inherit}
button{font:inherit;padding:.4rem .9rem;border:1px solid var(--line);border-radius:6px;background:var(--card);color:inherit;cursor:pointer}
button.act{background:var(--act);border-color:var(--act);color:#fff}
#view{display:block;max-width:100%;border:1px solid var(--line);border-radius:6px;outline-offset:2px}
#view:focus{outline:2px solid var(--act)}
[hidden]{display:none!important}
`;

const SCRIPT = `
const $=(id)=>document.getElementById(id);
const given=new URLSearchParams(location.hash.slice(1));
if(given.has('run'))$('run').value=given.get('run');
if(given.has('key')){$('key').value=given.get('key');history.replaceState(null,'',location.pathname+'#run='+encodeURIComponent($('run').value))}
let run='',key='',request,shown='';
const say=(text)=>{$('said').textContent=text};
const call=(path,init={})=>fetch('/v1/runs/'+encodeURIComponent(run)+path,{...init,headers:{authorization:'Bearer '+key,...(init.body&&{'content-type':'application/json'})}});
const problem=async(response)=>{try{const {detail,title}=await response.json();return detail||title}catch{return 'status '+response.status}};
let queue=Promise.resolve();
const input=(body)=>{queue=queue.then(async()=>{const response=await call('/take-over/inputs',{method:'POST',body:JSON.stringify(body)});if(!response.ok)say(await problem(response))}).catch((error)=>say(String(error)))};
const at=(event)=>{const view=$('view'),box=view.getBoundingClientRect();return{x:Math.max(0,Math.round((event.clientX-box.left)*view.naturalWidth/box.width)),y:Math.max(0,Math.round((event.clientY-box.top)*view.naturalHeight/box.height))}};
const view=$('view');
view.addEventListener('click',(event)=>{view.focus();input({do:'click',...at(event),count:Math.min(3,Math.max(1,event.detail))})});
view.addEventListener('contextmenu',(event)=>{event.preventDefault();input({do:'click',...at(event),button:'right'})});
let wheel;
view.addEventListener('wheel',(event)=>{event.preventDefault();const now={dx:Math.round(event.deltaX),dy:Math.round(event.deltaY)};
if(wheel){wheel.dx+=now.dx;wheel.dy+=now.dy;return}
wheel={do:'scroll',...at(event),...now};setTimeout(()=>{input(wheel);wheel=undefined},150)},{passive:false});
let typed='',typing;
const flush=()=>{clearTimeout(typing);if(typed)input({do:'type',text:typed});typed=''};
view.addEventListener('keydown',(event)=>{if(event.isComposing||event.metaKey)return;
const {key:pressed}=event;if(['Control','Shift','Alt','Dead','Unidentified'].includes(pressed))return;
event.preventDefault();
if(pressed.length===1&&!event.ctrlKey&&!event.altKey){typed+=pressed;clearTimeout(typing);typing=setTimeout(flush,250);return}
flush();input({do:'press',key:(event.ctrlKey?'Control+':'')+(event.altKey?'Alt+':'')+(event.shiftKey&&pressed.length>1?'Shift+':'')+(pressed===' '?'Space':pressed)})});
view.addEventListener('paste',(event)=>{event.preventDefault();const text=event.clipboardData.getData('text');for(let from=0;from<text.length;from+=2000)input({do:'type',text:text.slice(from,from+2000)})});
async function look(){const response=await call('/take-over/frame');
if(response.status===404){say('No picture yet. None is taken of a page into which the run typed a secret.');return}
if(!response.ok){say(await problem(response));return}
const tag=response.headers.get('etag');if(tag===shown)return;shown=tag;
const url=URL.createObjectURL(await response.blob()),before=view.src;view.src=url;if(before)URL.revokeObjectURL(before);say('')}
async function follow(){const response=await call('');
if(!response.ok){say(await problem(response));return false}
const body=await response.json();request=body.waitingFor;
const mine=request&&request.kind==='take-over';
$('ask').hidden=true;$('work').hidden=false;$('done').hidden=!mine;
$('question').textContent=mine?request.question:'The run is '+(body.status==='succeeded'?'done':body.status.replace('_',' '))+'. It does not need your hands now.';
$('site').textContent=mine?String(request.facts.url||''):'';
view.hidden=!mine;return true}
async function loop(){for(;;){try{await follow();if(request&&request.kind==='take-over')await look()}catch(error){say(String(error))}
await new Promise((go)=>setTimeout(go,1000))}}
$('done').addEventListener('click',async()=>{flush();await queue;const response=await call('/answers',{method:'POST',body:JSON.stringify({requestId:request.requestId,answer:'done'})});say(response.ok?'Thank you.':await problem(response))});
$('ask').addEventListener('submit',async(event)=>{event.preventDefault();run=$('run').value.trim();key=$('key').value.trim();try{if(await follow())loop()}catch(error){say(String(error))}});
`;

const hash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** A page on which a person uses the browser of a run that asked for it. It holds nothing: the key that is typed into it stays in it. */
export const TAKE_OVER_PAGE = {
  policy: `default-src 'none'; style-src ${hash(STYLE)}; script-src ${hash(SCRIPT)}; connect-src 'self'; img-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Take over a run</title><style>${STYLE}</style></head><body>
<form id="ask"><h1>Take over a run</h1><p class="soft">A run that cannot go on alone lends you its browser. What you do in it is on record, without what you type.</p>
<label>Run <input id="run" required pattern="run_[0-9a-z]{20}" autocomplete="off" spellcheck="false"></label>
<label>API key <input id="key" type="password" required autocomplete="off"></label><button class="act">Show its browser</button></form>
<div id="work" hidden><header><p><b id="question"></b><br><code id="site" class="soft"></code></p><button id="done" class="act" hidden>I am done</button></header>
<main><img id="view" tabindex="0" alt="The page, as the run's browser shows it" hidden></main></div>
<main><p id="said" role="status" class="soft"></p></main><script>${SCRIPT}</script></body></html>`,
} as const;
