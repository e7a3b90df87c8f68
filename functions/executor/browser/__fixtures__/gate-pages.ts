/** Ways in which a click sends something. Every control is a plain element: facts say nothing of what it does. */
export const gatePage = (port: number): string => `<title>Gate</title>
<style>div[onclick]{cursor:pointer}</style>
<form id=blank method=post target=_blank action=/by-window><input type=hidden name=a value=1></form>
<form id=plain method=post action=/by-form><input name=amount value=10 aria-label=Amount><button>Order</button></form>
<div onclick="document.title='still here'">Harmless</div>
<div onclick="fetch('/by-fetch',{method:'POST',headers:{'content-type':'application/json'},body:JSON.stringify({amount:1000})}).catch(()=>{})">By fetch</div>
<div onclick="navigator.sendBeacon('/by-beacon','b')">By beacon</div>
<div onclick="fetch('/by-keepalive',{method:'POST',keepalive:true,body:'k'}).catch(()=>{})">By keepalive</div>
<div onclick="const x=new XMLHttpRequest();x.open('PUT','/by-sync',false);try{x.send('s')}catch{}">By sync</div>
<div onclick="worker.postMessage(1)">By worker</div>
<div onclick="blank.submit()">By window</div>
<div onclick="const w=window.open('about:blank');w.document.write('<form method=post action=http://127.0.0.1:${port}/by-written></form>');w.document.forms[0].submit()">By written window</div>
<div onclick="plain.submit()">By script form</div>
<div onclick="setTimeout(()=>fetch('/by-timer',{method:'POST'}).catch(()=>{}),400)">Later</div>
<div onclick="fetch('/moved',{method:'POST',body:'m'}).catch(()=>{})">By redirect</div>
<div onclick="try{new SharedWorker('data:text/javascript,fetch(%22http://127.0.0.1:${port}/by-shared%22,{method:%22POST%22,mode:%22no-cors%22})')}catch{}">By shared worker</div>
<div onclick="const f=document.createElement('iframe');document.body.append(f);f.contentWindow.fetch('http://127.0.0.1:${port}/by-inner',{method:'POST'}).catch(()=>{})">By inner window</div>
<iframe title=cross src="http://localhost:${port}/gate-frame" width=300 height=80></iframe>
<script>worker=new Worker('/worker.js')</script>`;

export const GATE_FRAME = `<style>div{cursor:pointer}</style><div onclick="fetch('/by-frame',{method:'DELETE'}).catch(()=>{})">By frame</div>`;
