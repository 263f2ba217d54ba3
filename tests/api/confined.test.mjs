// What the kernel holds our processes to, and how the program is built. Most of it is for a build without sanitizers:
// `./dev test plain` runs this file, and others of this folder, against one.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { BINARY, run, smallOrder, startServer, temporaryFolder, until } from './harness.mjs';

const SANITISED = /__[at]san_init/.test(readFileSync(BINARY, 'latin1'));
const plain = SANITISED ? { skip: 'a build with sanitizers is not confined' } : {};

const tried = (call) => call().then((answer) => answer.status, () => 0);
const status = (pid) => Object.fromEntries(readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n')
    .map((line) => line.split(/:\s*/, 2)).map(([name, value]) => [name, value ?? '']));

test('every process is confined, without powers, and leaves no core', plain, async (t) => {
    const server = await startServer();
    t.after(() => server.close());
    const all = { supervisor: server.pid, ...server.children() };
    assert.equal(Object.keys(all).length, 4);
    for (const [role, pid] of Object.entries(all)) {
        const { Seccomp, NoNewPrivs, CapEff, CapPrm } = status(pid);
        assert.deepEqual({ Seccomp, NoNewPrivs, CapEff, CapPrm },
            { Seccomp: '2', NoNewPrivs: '1', CapEff: '0'.repeat(16), CapPrm: '0'.repeat(16) }, role);
        assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m, role);
    }
    assert.match(server.log(), /the processes are confined: .*system calls \(seccomp\)/);
});

for (const role of ['keyholder', 'gateway', 'courier'])
    test(`a ${role} that makes a call which is not its own is missed, replaced and logged`, async (t) => {
        const server = await startServer();
        t.after(() => server.close());
        const old = server.children()[role];
        process.kill(old, 'SIGSYS');        // what the kernel does then
        await until(`a new ${role}`, () => ![undefined, old].includes(server.children()[role]), 20_000);
        await until('orders again', async () => await tried(() => server.createOrder(smallOrder())) === 200, 20_000);
        await until('the log', () => server.log().includes('a process made a system call that is not its own: killed')
            && server.log().includes(`the ${role} died and was restarted`));
    });

test('root serves live data only as a user that it names', { skip: process.getuid() !== 0 }, async () => {
    const data = await temporaryFolder();
    const args = ['serve', '--check', '--behind-proxy', '--data', data];
    const unnamed = execFileSync('sh', ['-c', '"$0" "$@" 2>&1; true', BINARY, ...args]).toString();
    assert.match(unnamed, /^tijori: user: root starts this; name whom to become with --user/);
    assert.equal((await run([...args, '--user', 'root'])).status, 0);
    const nobody = await run([...args, '--user', 'nobody']);
    assert.equal(nobody.status, 2);
    assert.match(nobody.stderr, /belongs to another user than the one who runs this; chown it/);
    const stranger = await run([...args, '--user', 'no-such-user-here']);
    assert.match(stranger.stderr, /user: no-such-user-here is no user of this system/);
});

test('root becomes the user it names, in every process', { skip: process.getuid() !== 0 }, async (t) => {
    const data = await temporaryFolder();
    const inside = path.join(data, 'data');
    execFileSync('sh', ['-c', 'chmod 755 "$0" && install -d -o nobody -m 700 "$1"', data, inside]);
    const server = await startServer({ command: 'serve', data: inside, args: ['--behind-proxy', '--user', 'nobody'] })
        .catch((error) => {
            if (/Permission denied|EACCES/.test(error.message) || SANITISED)
                return null;                // the program itself lies where nobody may not look
            throw error;
        });
    if (!server)
        return;
    t.after(() => server.close());
    const nobody = execFileSync('id', ['-u', 'nobody']).toString().trim();
    for (const pid of [server.pid, ...Object.values(server.children())]) {
        assert.deepEqual([...new Set(status(pid).Uid.split(/\s+/))], [nobody]);
        // What nobody may not dump, trace or read belongs to root, whoever runs it.
        if (!SANITISED)
            assert.equal(statSync(`/proc/${pid}/mem`).uid, 0);
    }
});

test('the program is built with every hardening flag', plain, () => {
    const look = (...args) => execFileSync(args[0], [...args.slice(1), BINARY], { maxBuffer: 1 << 28 }).toString();
    const head = look('readelf', '-hldW');
    assert.match(head, /Type: +DYN/);
    assert.match(head, /GNU_RELRO/);
    assert.match(head, /FLAGS_1.*NOW PIE/);
    assert.match(head, /GNU_STACK .* RW /);
    assert.doesNotMatch(head, /LOAD .* RWE /);
    assert.match(look('readelf', '-n'), /x86 feature: .*SHSTK/);
    const symbols = look('readelf', '--dyn-syms', '-W');
    for (const name of ['__stack_chk_fail', '__memcpy_chk', '__snprintf_chk'])
        assert.ok(symbols.includes(name), name);
    assert.match(look('objdump', '-d', '--no-show-raw-insn', '--disassemble=main'), /endbr64/);
    const commands = path.join(path.dirname(BINARY), 'compile_commands.json');
    assert.ok(existsSync(commands));
    for (const { file, command } of JSON.parse(readFileSync(commands, 'utf8')).filter((one) => /src\//.test(one.file)))
        for (const flag of ['-D_FORTIFY_SOURCE=3', '-fstack-protector-strong', '-fstack-clash-protection',
            '-fcf-protection=full', '-fPIE'])
            assert.ok(command.includes(flag), `${file}: ${flag}`);
});
