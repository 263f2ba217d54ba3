// Tools without a server where custodians keep the key: shares on standard input or typed, never shown, never enough
// when they are too few.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Juspay, tool } from './cards.mjs';
import { BINARY, startServer, temporaryFolder } from './harness.mjs';

let folder, server, backup, stopped, shares, foreign;

const tijori = (words, input = '') => spawnSync(BINARY, words, { encoding: 'utf8', input, timeout: 60_000 });
const typed = (...some) => some.map((share) => `${share}\n`).join('');
const sharesOf = (said) => [...new Set(said.match(/tijori-share-1-[0-9A-Z-]+/g))];

/** A keyring of its own; gives its shares. */
function init(data) {
    const made = tijori(['key', 'init', '--data', data, '--shares', '5', '--threshold', '3']);
    assert.equal(made.status, 0, made.stdout + made.stderr);
    const all = sharesOf(made.stdout);
    assert.equal(all.length, 5, made.stdout);
    return all;
}

/* A server is backed up, stopped, and its key given to custodians. */
before(async () => {
    folder = await temporaryFolder();
    server = await startServer();
    await new Juspay(server).make();
    backup = path.join(folder, 'monday.bak');
    assert.equal(tool(server, ['backup', backup]).status, 0);
    await server.terminate();
    stopped = path.join(folder, 'stopped');
    await cp(server.data, stopped, { recursive: true });
    shares = init(stopped);
    assert.ok(!existsSync(path.join(stopped, 'keys/master.key')));
    foreign = init(path.join(folder, 'foreign'));
});
after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
});

test('any three of five shares verify the audit log', () => {
    for (const some of [shares.slice(0, 3), shares.slice(2), [shares[4], shares[0], shares[2]]]) {
        const said = tijori(['audit', 'verify', '--data', stopped], typed(...some));
        assert.equal(said.status, 0, said.stdout + said.stderr);
        assert.match(said.stdout, /the audit log is whole/);
        for (const share of some)
            assert.ok(!(said.stdout + said.stderr).includes(share));
    }
});

test('two shares do not, whatever else is given with them', () => {
    const mistyped = shares[2].replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const beside = [[], ['', 'nonsense'], [shares[0]], [mistyped], [foreign[2]], ['x'.repeat(5000)]];
    for (const more of beside) {
        const said = tijori(['audit', 'verify', '--data', stopped], typed(shares[0], shares[1], ...more));
        assert.equal(said.status, 2, said.stdout + said.stderr);
        assert.match(said.stderr, /the keys at \S*\/keys cannot be used: .*too few/);
        assert.doesNotMatch(said.stdout, /whole/);
    }
    const other = tijori(['audit', 'verify', '--data', stopped], typed(...foreign));
    assert.equal(other.status, 2);
});

test('a share that was mistyped is asked for again', () => {
    const said = tijori(['audit', 'verify', '--data', stopped],
        typed(shares[0], shares[1].slice(0, -3), shares[0], shares[1], foreign[0], shares[3]));
    assert.equal(said.status, 0, said.stdout + said.stderr);
    assert.equal(said.stderr.match(/no share of this keyring, or was given before/g).length, 3);
});

test('a backup is restored and checked with shares, into a folder that has the keyring', async () => {
    const into = path.join(folder, 'restored');
    mkdirSync(into, { mode: 0o700 });
    const keyless = tijori(['restore', backup, '--data', into], typed(...shares.slice(0, 3)));
    assert.notEqual(keyless.status, 0);
    assert.match(keyless.stderr, /the keys are not in a backup/);

    await cp(path.join(stopped, 'keys'), path.join(into, 'keys'), { recursive: true });
    const few = tijori(['restore', backup, '--data', into], typed(...shares.slice(0, 2)));
    assert.notEqual(few.status, 0);
    assert.ok(!existsSync(path.join(into, 'tijori.db')));
    const restored = tijori(['restore', backup, '--data', into], typed(...shares.slice(0, 3)));
    assert.equal(restored.status, 0, restored.stderr);
    const checked = tijori(['check', '--data', into], typed(...shares.slice(1, 4)));
    assert.equal(checked.status, 0, checked.stdout + checked.stderr);
    assert.match(checked.stdout, /the audit log is whole/);
    const file = tijori(['check', '--file', backup, '--data', into], typed(...shares.slice(2)));
    assert.equal(file.status, 0, file.stdout + file.stderr);
    assert.match(file.stdout, /the audit log is whole/);
});

test('a check without shares says that the chain was not verified, and is no failure', () => {
    const said = tijori(['check', '--data', stopped]);
    assert.equal(said.status, 0, said.stdout + said.stderr);
    assert.match(said.stdout, /the chain of the audit log was not verified: .*too few/);
});

test('a share is never an argument, nor in the environment', () => {
    for (const words of [['--share', shares[0]], [shares[0]]]) {
        const said = tijori(['audit', 'verify', '--data', stopped, ...words]);
        assert.equal(said.status, 2);
        assert.doesNotMatch(said.stdout, /whole/);
    }
});

/* Python has terminals. It types the shares one by one, and gives what the terminal showed. */
const TERMINAL = `
import os, pty, sys
words, shares = sys.argv[1:], sys.stdin.read().split()
pid, fd = pty.fork()
if pid == 0:
    os.execv(words[0], words)
shown = b''
def read_until(what):
    global shown
    while what not in shown:
        try:
            more = os.read(fd, 4096)
        except OSError:
            return
        if not more:
            return
        shown += more
for i, share in enumerate(shares):
    read_until(b'share %d of' % (i + 1))
    os.write(fd, share.encode() + b'\\n')
read_until(b'\\0')
print(shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/* Somebody types half a share and then thinks better of it. The terminal is ours, so that it can be looked at. */
const BROKEN_OFF = `
import fcntl, os, pty, subprocess, sys, termios
ours, theirs = pty.openpty()
echoes = lambda: bool(termios.tcgetattr(theirs)[3] & termios.ECHO)
def to_own_terminal():
    os.setsid()
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
tool = subprocess.Popen(sys.argv[1:], stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=to_own_terminal)
shown = b''
while b'share 1 of' not in shown:
    shown += os.read(ours, 4096)
hidden = not echoes()
os.write(ours, b'tijori-share-1-\\x03')
print(hidden, tool.wait(20), echoes())
`;

test('at a terminal Ctrl-C ends the tool, and what is typed afterwards is shown again', async () => {
    const python = spawn('python3', ['-c', BROKEN_OFF, BINARY, 'audit', 'verify', '--data', stopped]);
    let said = '';
    python.stdout.on('data', (bytes) => { said += bytes; });
    python.stderr.on('data', (bytes) => { said += bytes; });
    await new Promise((done) => python.on('exit', done));
    assert.equal(said.trim(), 'True -2 True');
});

test('at a terminal what is typed is not shown', async () => {
    const python = spawn('python3', ['-c', TERMINAL, BINARY, 'audit', 'verify', '--data', stopped]);
    let shown = '';
    python.stdout.on('data', (bytes) => { shown += bytes; });
    python.stdin.end(typed(...shares.slice(0, 3)));
    await new Promise((done) => python.on('exit', done));
    assert.match(shown, /share 1 of 3 \(it is not shown\).*share 3 of 3/s);
    assert.match(shown, /the audit log is whole/);
    assert.match(shown.trimEnd(), / 0$/);
    for (const share of shares)
        assert.ok(!shown.includes(share.slice(15, 30)), 'a share was shown');
});

test('a keyring that lies open to others is not read', () => {
    const file = path.join(stopped, 'keys/keyring');
    assert.ok(readFileSync(file).length > 100);
    chmodSync(file, 0o640);
    try {
        const said = tijori(['audit', 'verify', '--data', stopped], typed(...shares.slice(0, 3)));
        assert.equal(said.status, 2);
        assert.match(said.stderr, /mode 0600/);
    } finally {
        chmodSync(file, 0o600);
    }
});
