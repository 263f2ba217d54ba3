// Starts and stops a real Tijori in a temporary folder, and speaks HTTP to it.

import { spawn, execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cashfree, CFEnvironment } from 'cashfree-pg';

const here = path.dirname(fileURLToPath(import.meta.url));

export const BINARY = path.resolve(process.env.TIJORI_BIN ?? path.join(here, '../../build-asan/tijori'));
export const VERSION = '2025-01-01';

const START_MS = 30_000;
const STOP_MS = 40_000;
/* Certificates of tests are signed by themselves. */
const TLS_AGENT = new https.Agent({ rejectUnauthorized: false });
const SANITISER_COMPLAINT = /AddressSanitizer|LeakSanitizer|UndefinedBehavior|runtime error:/;

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

let serial = 0;

/** An id nobody else uses. Letters stand between its numbers, so that they never look like one of a card. */
export const freshId = (prefix = 'order') =>
    `${prefix}_${process.pid}_n${++serial}_r${randomBytes(3).toString('hex')}`;

/** Calls `probe` until it gives something truthy; fails with `what` after `ms`. */
export async function until(what, probe, ms = 10_000) {
    const end = Date.now() + ms;
    for (;;) {
        const got = await probe();
        if (got)
            return got;
        if (Date.now() > end)
            throw new Error(`waited ${ms} ms in vain: ${what}`);
        await sleep(25);
    }
}

export async function temporaryFolder() {
    return mkdtemp(path.join(tmpdir(), 'tijori-api-'));
}

/** Tests are often run by root, who has to say so to serve. */
export const asUser = (args) =>
    args[0] === 'serve' && process.getuid() === 0 && !args.includes('--user') ? [...args, '--user', 'root'] : args;

/** Runs the binary to its end. Never throws for a bad exit status. */
export function run(args, options = {}) {
    return new Promise((done) => {
        execFile(BINARY, asUser(args), { timeout: START_MS, ...options }, (error, stdout, stderr) => {
            const status = error ? (typeof error.code === 'number' ? error.code : null) : 0;
            done({ status, signal: error?.signal ?? null, stdout, stderr });
        });
    });
}

class Server {
    constructor(data, args, env, command, shell) {
        this.data = data;
        this.args = args;
        this.env = env;
        this.command = command;
        this.shell = shell;
        this.output = '';
        this.errors = '';
        this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    }

    async start() {
        const admin = this.args.includes('--admin-listen') ? [] : ['--admin-listen', '127.0.0.1:0'];
        const args = asUser([this.command, '--listen', '127.0.0.1:0', ...admin, '--data', this.data, ...this.args]);
        const begin = this.shell ? ['sh', ['-c', `${this.shell}; exec "$0" "$@"`, BINARY, ...args]] : [BINARY, args];
        this.child = spawn(...begin, { detached: true, stdio: ['ignore', 'pipe', 'pipe'],
            env: { ...process.env, ...this.env } });
        this.exited = new Promise((done) => this.child.once('exit', (code, signal) => done({ code, signal })));
        this.child.once('error', (error) => { this.errors += String(error); });
        let told = '';
        this.child.stdout.on('data', (bytes) => { told += bytes; this.output += bytes; });
        this.child.stderr.on('data', (bytes) => { this.errors += bytes; });
        let over = null;
        this.exited.then((how) => { over = how; });
        const sign = this.sealed ? /To unseal/ : /ready/i;
        await until(`ready on standard output\n${BINARY} ${args.join(' ')}\n`, () => {
            if (over || this.child.exitCode !== null)
                throw new Error(`the server ended at start: ${JSON.stringify(over)}\n${this.output}\n${this.errors}`);
            return sign.test(told);
        }, START_MS).catch((error) => {
            this.signalGroup('SIGKILL');
            throw new Error(`${error.message}\nstdout: ${this.output}\nstderr: ${this.errors}`);
        });
        if (this.sealed) {
            this.base = /Base URL +(\S+)/.exec(told)[1];
            this.adminUrl = /Admin URL +(\S+)/.exec(told)[1];
        } else {
            await this.readCredentials();
        }
        return this;
    }

    async readCredentials() {
        const file = this.command === 'sandbox' ? 'credentials.json' : 'admin.json';
        this.credentials = JSON.parse(await readFile(path.join(this.data, file), 'utf8'));
        this.base = this.credentials.base_url;
        this.clientId = this.credentials.cashfree?.client_id;
        this.clientSecret = this.credentials.cashfree?.client_secret;
        this.adminUrl = this.credentials.admin.url;
        this.adminToken = this.credentials.admin.token;
    }

    get pid() { return this.child.pid; }

    signalGroup(signal) {
        try {
            process.kill(-this.child.pid, signal);
        } catch (error) {
            if (error.code !== 'ESRCH')
                throw error;
        }
    }

    /** SIGTERM to the supervisor; gives {code, signal}. */
    async terminate() {
        this.child.kill('SIGTERM');
        let timer;
        const late = new Promise((done) => { timer = setTimeout(done, STOP_MS, null); });
        const how = await Promise.race([this.exited, late]);
        clearTimeout(timer);
        if (!how) {
            this.signalGroup('SIGKILL');
            throw new Error(`did not stop within ${STOP_MS} ms of SIGTERM\n${this.errors}`);
        }
        this.agent.destroy();
        return how;
    }

    /** What the power switch does, as far as a process can feel it. */
    async killGroup() {
        this.signalGroup('SIGKILL');
        await this.exited;
        this.agent.destroy();
        this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    }

    async restart(args = this.args) {
        if (this.child.exitCode === null && this.child.signalCode === null)
            await this.terminate();
        this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
        this.args = args;
        return this.start();
    }

    /** End, check that the end was clean and that no sanitiser complained, remove the folder. */
    async close() {
        try {
            if (this.child.exitCode === null && this.child.signalCode === null) {
                const how = await this.terminate();
                if (how.code !== 0)
                    throw new Error(`ended with ${JSON.stringify(how)}\n${this.errors}`);
            }
            if (SANITISER_COMPLAINT.test(this.errors))
                throw new Error(`a sanitiser complained:\n${this.errors}`);
        } finally {
            this.agent.destroy();
            await rm(this.data, { recursive: true, force: true });
        }
    }

    /** Process ids of our children, by role. */
    children() {
        const roles = {};
        for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
            try {
                const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
                const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
                if (Number(parent) !== this.pid || state === 'Z')
                    continue;
                const role = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
                    .find((word) => word.startsWith('@'));
                if (role)
                    roles[role.slice(1)] = Number(pid);
            } catch {
                continue;       // it ended while we looked
            }
        }
        return roles;
    }

    /** One request. `body` may be an object (sent as JSON), a string or bytes. */
    request({ method = 'GET', path: where, headers = {}, body, url = this.base, agent }) {
        const tls = url.startsWith('https:');
        const socketPath = url.startsWith('unix:') ? url.slice('unix:'.length) : undefined;
        const using = agent === undefined ? (tls ? TLS_AGENT : this.agent) : agent;
        const isRaw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
        const bytes = body === undefined ? null : Buffer.from(isRaw ? body : JSON.stringify(body));
        const all = { ...headers };
        if (bytes) {
            all['content-length'] = bytes.length;
            if (!Object.keys(all).some((name) => name.toLowerCase() === 'content-type'))
                all['content-type'] = 'application/json';
        }
        for (const name of Object.keys(all))
            if (all[name] === undefined || all[name] === null)
                delete all[name];
        return new Promise((done, fail) => {
            const sent = (tls ? https : http).request(socketPath ? `http://localhost${where}` : url + where,
                { method, headers: all, agent: socketPath ? false : using, socketPath }, (answer) => {
                const parts = [];
                answer.on('data', (part) => parts.push(part));
                answer.on('error', fail);
                answer.on('end', () => {
                    const text = Buffer.concat(parts).toString('utf8');
                    let json;
                    try { json = JSON.parse(text); } catch { json = undefined; }
                    done({ status: answer.statusCode, headers: answer.headers, text, json });
                });
            });
            sent.on('error', fail);
            sent.setTimeout(30_000, () => sent.destroy(new Error(`no answer within 30 s: ${method} ${where}`)));
            sent.end(bytes ?? undefined);
        });
    }

    auth({ version = VERSION, clientId = this.clientId, clientSecret = this.clientSecret } = {}) {
        return { 'x-client-id': clientId, 'x-client-secret': clientSecret, 'x-api-version': version };
    }

    /** A call of the PG interface with the demo merchant's credentials. */
    pg(method, where, body, { headers = {}, ...who } = {}) {
        return this.request({ method, path: `/pg${where}`, body, headers: { ...this.auth(who), ...headers } });
    }

    createOrder(order, options) { return this.pg('POST', '/orders', order, options); }

    fetchOrder(id, options) { return this.pg('GET', `/orders/${encodeURIComponent(id)}`, undefined, options); }

    orderToken(body, { headers = {}, ...who } = {}) {
        const { 'x-api-version': _, ...credentials } = this.auth(who);
        return this.request({ method: 'POST', path: '/api/v2/cftoken/order', body,
            headers: { ...credentials, ...headers } });
    }

    admin(method, where, body, headers = { authorization: `Bearer ${this.adminToken}` }) {
        return this.request({ method, path: where, body, headers, url: this.adminUrl });
    }

    async metrics() { return (await this.admin('GET', '/metrics')).text; }

    journalPath() { return path.join(this.data, 'journal.jsonl'); }

    /** Every journal line, parsed. */
    journal() {
        if (!existsSync(this.journalPath()))
            return [];
        return readFileSync(this.journalPath(), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
    }

    /** Journal and standard error: what an operator sees. */
    log() {
        return (existsSync(this.journalPath()) ? readFileSync(this.journalPath(), 'utf8') : '') + this.errors;
    }

    /** Bytes as they are, on a connection of their own; gives all that came back until the other side closed
     * or nothing came for `quietMs`. */
    raw(bytes, { quietMs = 1500, end = false } = {}) {
        const { hostname, port } = new URL(this.base);
        return new Promise((done, fail) => {
            const parts = [];
            const socket = net.connect(Number(port), hostname);
            const finish = () => { socket.destroy(); done(Buffer.concat(parts).toString('latin1')); };
            socket.setTimeout(quietMs, finish);
            socket.on('data', (part) => {
                parts.push(part);
                const text = Buffer.concat(parts).toString('latin1');
                const length = /\r\ncontent-length: *(\d+)/i.exec(text);
                const at = text.indexOf('\r\n\r\n');
                if (length && at >= 0 && text.length >= at + 4 + Number(length[1]))
                    finish();
            });
            socket.on('close', finish);
            socket.on('error', (error) => (['ECONNRESET', 'EPIPE'].includes(error.code) ? finish() : fail(error)));
            socket.on('connect', () => { socket.write(bytes); if (end) socket.end(); });
        });
    }

    /** The official Node client, pointed here. */
    sdk({ clientId = this.clientId, clientSecret = this.clientSecret, version } = {}) {
        const client = new Cashfree(CFEnvironment.SANDBOX, clientId, clientSecret,
            undefined, undefined, undefined, false);
        client.basePath = `${this.base}/pg`;
        if (version)
            client.XApiVersion = version;
        return client;
    }

    merchant(...args) { return run(['merchant', ...args, '--data', this.data]); }

    /** A merchant of its own, with these currencies. */
    async addMerchant(currencies, name = freshId('merchant')) {
        const { status, stdout, stderr } = await this.merchant('add', name, '--json', '--currencies', currencies);
        if (status !== 0)
            throw new Error(`merchant add: ${status}\n${stdout}\n${stderr}`);
        const made = JSON.parse(stdout);
        return { name, id: made.merchant_id, clientId: made.client_id, clientSecret: made.client_secret };
    }
}

/** Start a sandbox, or another `command`. `args` are more flags; `data` an existing folder; `shell` a command of the
 * shell from which it is started, such as "ulimit -n 200"; `sealed`: it waits for its custodians, and its credentials
 * are read by readCredentials() once it does not. */
export async function startServer({ data, args = [], env = {}, command = 'sandbox', shell, sealed = false } = {}) {
    const server = new Server(data ?? await temporaryFolder(), args, env, command, shell);
    server.sealed = sealed;
    return server.start();
}

/** The smallest order that is accepted, with `changes` on top. */
export function smallOrder(changes = {}) {
    return {
        order_id: freshId(),
        order_amount: 10.15,
        order_currency: 'INR',
        customer_details: { customer_id: 'customer_1', customer_phone: '9908734801' },
        ...changes,
    };
}

/** What the official client threw, as {status, data}. */
export async function refused(promise) {
    try {
        const { status, data } = await promise;
        throw new Error(`expected a refusal, got ${status} ${JSON.stringify(data)}`);
    } catch (error) {
        if (!error.response)
            throw error;
        return { status: error.response.status, data: error.response.data, headers: error.response.headers };
    }
}
