import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const PAGE = `<!doctype html><html lang="en"><title>Registration</title>
<style>body{font:16px sans-serif;margin:2rem}label{display:block;margin:.6rem 0}</style>
<h1>Registration</h1>
<form id="f" method="post" action="/register">
<label>First name <input name="first"></label>
<label>Last name <input name="last"></label>
<label>Company <input name="company"></label>
<label>E-mail <input name="mail" type="email"></label>
<label>Country <select name="country"><option>Austria<option>Brazil<option>Chile<option>Denmark</select></label>
<label><input type="radio" name="plan" value="team"> Team plan</label>
<label><input type="checkbox" name="terms"> I accept the terms</label>
<label>Remarks <textarea name="remarks"></textarea></label>
<button>Register</button>
</form><p id="out"></p>
<script>
f.onsubmit=async e=>{e.preventDefault();const r=await fetch('/register',{method:'POST',body:new URLSearchParams(new FormData(f))});out.textContent='Registered as number '+await r.text();};
</script></html>`;

export interface FormSite {
  readonly origin: string;
  /** Bodies that reached the server: the judge of both sides. */
  readonly registrations: string[];
  close(): Promise<void>;
}

/** A form of eight fields and a button, as in the peers' measurement: navigate, nine actions, wait. */
export async function startFormSite(): Promise<FormSite> {
  const registrations: string[] = [];
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.setHeader('content-type', 'text/html').end(PAGE);
      return;
    }
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.end(String(registrations.push(body))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    registrations,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
