// What a merchant's own side does with cards: encrypts them, signs requests, opens and verifies answers, with the
// libraries that merchants use.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { constants, createHmac, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader, importPKCS8, importSPKI } from 'jose';
import nodeJose from 'node-jose';
import PaytmChecksum from 'paytmchecksum';
import { BINARY, freshId } from './harness.mjs';

/** Published test numbers, one of each scheme, on which everything works. */
export const NUMBERS = {
    visa: '4111111111111111', mastercard: '5555555555554444', rupay: '6074825972083818',
    amex: '378282246310005', diners: '30569309025904',
};

const YEAR = new Date().getUTCFullYear() + 4;

/** A card as Juspay's page names its members. */
export const juspayCard = (number = NUMBERS.visa, changes = {}) => ({
    cardNumber: number, expMonth: '10', expYear: String(YEAR),
    cardSecurityCode: number.length === 15 ? '1234' : '123', ...changes,
});

/** A card as Paytm's page names its members. */
export const paytmCard = (number = NUMBERS.visa, changes = {}) => ({
    cardNumber: number, expiryMonth: '10', expiryYear: String(YEAR),
    securityCode: number.length === 15 ? '1234' : '123', ...changes,
});

export function isLuhnValid(digits) {
    const sum = [...digits].reverse().map(Number)
        .reduce((total, digit, at) => total + (at % 2 ? (digit > 4 ? 2 * digit - 9 : 2 * digit) : digit), 0);
    return /^\d+$/.test(digits) && sum % 10 === 0;
}

/** A number of which only the last digit is wrong. */
export const withBadLuhn = (number) => number.slice(0, -1) + (Number(number.at(-1)) + 1) % 10;

/** A member named by a dotted path, set or, with undefined, removed; gives a copy. */
export function changed(object, changes) {
    const copy = structuredClone(object);
    for (const [where, value] of Object.entries(changes)) {
        const names = where.split('.');
        const last = names.pop();
        let at = copy;
        for (const name of names)
            at = at[name] ??= {};
        if (value === undefined)
            delete at[last];
        else
            at[last] = value;
    }
    return copy;
}

/** An RSA key pair of somebody's own, PEM. */
export const freshKeyPair = () => generateKeyPairSync('rsa', {
    modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** A merchant that speaks Juspay's interface. `who` is credentials.json's "juspay". */
export class Juspay {
    constructor(server, who = server.credentials.juspay) {
        this.server = server;
        this.who = who;
    }

    authorization(text = `${this.who.api_key}:`) { return `Basic ${Buffer.from(text).toString('base64')}`; }

    /** One call. `authorization`: null leaves the header out. */
    call(method, where, body, { headers = {}, authorization = this.authorization() } = {}) {
        return this.server.request({ method, path: where, body, headers: { authorization, ...headers } });
    }

    post(where, body, options) { return this.call('POST', where, body, options); }

    /** cardData: `plain` (an object, or text as it is to be encrypted) as compact JWE made by jose. */
    async seal(plain, { enc = 'A128GCM', header = {}, pem = this.who.server_public_key_pem } = {}) {
        const text = typeof plain === 'string' ? plain : JSON.stringify(plain);
        return new CompactEncrypt(Buffer.from(text)).setProtectedHeader({ alg: 'RSA-OAEP-256', enc, ...header })
            .encrypt(await importSPKI(pem, 'RSA-OAEP-256'));
    }

    /** The same made by node-jose, whose header has its members in another order. */
    async sealWithNodeJose(plain, { enc = 'A128GCM', fields = {}, alg = 'RSA-OAEP-256' } = {}) {
        const key = await nodeJose.JWK.asKey(this.who.server_public_key_pem, 'pem', { alg });
        const text = typeof plain === 'string' ? plain : JSON.stringify(plain);
        return nodeJose.JWE.createEncrypt({ format: 'compact', contentAlg: enc, fields: { alg, ...fields } }, key)
            .update(Buffer.from(text)).final();
    }

    /** The body of /generateToken for a cardData that is there already. */
    body(cardData, changes = {}) {
        return changed({
            service: 'NETWORK_TOKEN', cardData,
            orderData: { consentId: freshId('consent'), customerId: freshId('customer') },
            audit: { authRefNo: 'test12324' }, shouldSendToken: true, keyId: this.who.key_id,
        }, changes);
    }

    /** /generateToken for a card. `changes` are to the body, by dotted paths. */
    async generateToken(card, changes = {}, options = {}) {
        return this.post('/generateToken', this.body(await this.seal(card), changes), options);
    }

    /** The object inside a payload, opened by jose with the merchant's private key. */
    async open(payload) {
        const key = await importPKCS8(this.who.merchant_private_key_pem, 'RSA-OAEP-256');
        const { plaintext } = await compactDecrypt(payload, key);
        return JSON.parse(Buffer.from(plaintext).toString('utf8'));
    }

    /** Opened by node-jose. */
    async openWithNodeJose(payload) {
        const key = await nodeJose.JWK.asKey(this.who.merchant_private_key_pem, 'pem');
        const { plaintext } = await nodeJose.JWE.createDecrypt(key).decrypt(payload);
        return JSON.parse(plaintext.toString('utf8'));
    }

    /** The opened payload of an answer that must be a success. */
    async opened(answer) {
        assert.equal(answer.status, 200, answer.text);
        assert.equal(typeof answer.json.payload, 'string', answer.text);
        return this.open(answer.json.payload);
    }

    /** A token for a card; gives its payload. */
    async make(card = juspayCard(), changes = {}) { return this.opened(await this.generateToken(card, changes)); }

    get(token, changes = {}) { return this.post('/v4/card/get', { ...this.named(token), ...changes }); }

    remove(token, changes = {}) { return this.post('/v4/card/delete', { ...this.named(token), ...changes }); }

    tokenStatus(token, changes = {}) { return this.post('/v4/card/tokenStatus', { ...this.named(token), ...changes }); }

    named({ cardReference, customerId }) { return { card_reference: cardReference, customer_id: customerId }; }
}

export const headerOf = (jwe) => decodeProtectedHeader(jwe);

/** A body that every published client of Juspay can read as a failure (decision 11). */
export function assertJuspayRefusal(answer, status, code, words = /./) {
    const body = answer.json;
    assert.equal(answer.status, status, answer.text);
    assert.ok(body, `JSON: ${answer.text}`);
    assert.equal(body.error_info?.code, code, answer.text);
    assert.match(body.error_info.developer_message, words, answer.text);
    assert.equal(body.status, 'FAILURE', answer.text);
    assert.equal(body.error, true, answer.text);
    assert.equal(body.payload, null, answer.text);
    for (const name of ['errorCode', 'errorMessage', 'error_code', 'error_message', 'user_message'])
        assert.equal(typeof body[name], 'string', `${name} in ${answer.text}`);
    for (const name of ['category', 'request_id', 'user_message', 'developer_message'])
        assert.equal(typeof body.error_info[name], 'string', `error_info.${name} in ${answer.text}`);
}

/* The result codes of answers that may come without a signature: those of checks before the merchant's key is looked
 * up, and those that say that nobody was there to sign. */
const BEFORE_THE_KEY = ['400', '407', '1004', '1005', '1006', '1400'];
const NOBODY_TO_SIGN = ['150', '502'];

/** A merchant that speaks Paytm's interface. `who` is credentials.json's "paytm". */
export class Paytm {
    constructor(server, who = server.credentials.paytm) {
        this.server = server;
        this.who = who;
    }

    get mid() { return this.who.mid; }

    sign(text, key = this.who.merchant_key) { return PaytmChecksum.generateSignature(text, key); }

    /** The head of a request whose body is `text`. */
    async head(text, changes = {}) {
        return changed({
            version: 'v1', requestTimestamp: String(Date.now()), requestId: freshId('request'),
            signature: 'signature' in changes ? changes.signature : await this.sign(text), signatureType: 'CHECKSUM',
            clientId: this.who.client_id, encryptionKeyVersion: this.who.encryption_key_version,
        }, changes);
    }

    where(operation, requestId, mid = this.mid) {
        return `/coft-center/coft/merchant/${mid}/token/${operation}?requestId=${encodeURIComponent(requestId ?? '')}`;
    }

    /** Sends `bodyText` as it is, signed, under `head`; gives the answer with its verified body. `options`: the text
     * of the whole envelope instead, the path's mid, the query's requestId. */
    async raw(operation, bodyText, { head = {}, mid, requestId, envelope } = {}) {
        const whole = await this.head(bodyText, head);
        const where = this.where(operation, requestId ?? whole.requestId, mid);
        const text = envelope ? envelope(whole) : `{"head":${JSON.stringify(whole)},"body":${bodyText}}`;
        return this.judge(await this.server.request({ method: 'POST', path: where, body: text }));
    }

    call(operation, body, options) { return this.raw(operation, JSON.stringify(body), options); }

    /** Checks what every answer has to be (decisions 13 to 15), and adds `result` and `body` to it. The signature is
     * verified as the Node library's users do: over JSON.stringify of the parsed body. It has to be there unless the
     * code says that no key was known or nobody could sign; one that is there has to be good in any case. */
    judge(answer) {
        assert.equal(answer.status, 200, answer.text);
        assert.ok(answer.json?.head && answer.json?.body, `head and body: ${answer.text}`);
        const { head, body } = answer.json;
        const result = body.resultInfo ?? body;
        assert.match(String(result.resultCode), /^\d{2,4}$/, answer.text);
        if ('signature' in head || ![...BEFORE_THE_KEY, ...NOBODY_TO_SIGN].includes(result.resultCode))
            this.assertSigned(answer);
        return Object.assign(answer, { head, body, result });
    }

    /** The official library verifies the answer's signature under the merchant's key. */
    assertSigned({ json: { head, body }, text }) {
        assert.equal(typeof head.signature, 'string', `a signature in ${text}`);
        assert.ok(PaytmChecksum.verifySignature(JSON.stringify(body), this.who.merchant_key, head.signature),
            `the official library verifies ${text}`);
    }

    /** encryptedCardData for an object, or for the text of a card number. */
    encrypt(plain, pem = this.who.server_public_key_pem) {
        const text = typeof plain === 'string' ? plain : JSON.stringify(plain);
        return publicEncrypt({ key: pem, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(text)).toString('base64');
    }

    tokenizeBody(card, changes = {}) {
        return changed({
            mid: this.mid, authRefId: 'test12324', cardSource: 'MANUAL_ENTERED', encryptedCardData: this.encrypt(card),
            userInfo: { custId: freshId('customer') }, tokenizationConsent: { userConsent: 1 },
        }, changes);
    }

    tokenizeCard(card, changes = {}, options = {}) {
        return this.call('tokenizeCard', this.tokenizeBody(card, changes), options);
    }

    /** A token for a card; gives {tokenIndexNumber, custId, info}. */
    async make(card = paytmCard(), changes = {}) {
        const body = this.tokenizeBody(card, changes);
        const answer = await this.call('tokenizeCard', body);
        assert.equal(answer.result.resultCode, '00', answer.text);
        const info = answer.body.tokenInfo;
        return { tokenIndexNumber: info.tokenIndexNumber, custId: body.userInfo.custId, info };
    }

    dataBody({ tokenIndexNumber, custId }, changes = {}) {
        return changed({ mid: this.mid, paymentType: 'ECOM', tokenIndexNumber, userInfo: { custId } }, changes);
    }

    generateTokenData(token, changes = {}, options = {}) {
        return this.call('generateTokenData', this.dataBody(token, changes), options);
    }

    modify({ tokenIndexNumber, custId }, tokenStatus, changes = {}) {
        return this.call('modifyTokenStatus', changed({
            mid: this.mid, tokenIndexNumber, tokenStatus, userInfo: { custId }, requestedBy: 'CARDHOLDER',
            reason: 'asked for it', reasonCode: 'OTHER',
        }, changes));
    }

    /** Get Token Info: everything in the path, the query and headers. */
    async tokenInfo(tokenIndexNumber, changes = {}) {
        const requestId = freshId('request');
        const headers = { version: 'v1', requestTimestamp: String(Date.now()) };
        const signature = await PaytmChecksum.generateSignature(
            { mid: this.mid, requestId, tokenIndexNumber, ...headers }, this.who.merchant_key);
        return this.judge(await this.server.request({
            method: 'GET', path: `${this.where('tokenInfo', requestId)}&tokenIndexNumber=${tokenIndexNumber}`,
            headers: { ...headers, requestId, signatureType: 'CHECKSUM', signature, ...changes },
        }));
    }

    /** The calls of saved cards, whose head has other names. */
    async saved(where, body, head = {}) {
        const text = JSON.stringify(body);
        const whole = {
            version: 'v1', requestTimestamp: String(Date.now()), requestId: freshId('request'), tokenType: 'CHECKSUM',
            token: head.token ?? await this.sign(text), ...head,
        };
        return this.judge(await this.server.request({
            method: 'POST', path: where, body: `{"head":${JSON.stringify(whole)},"body":${text}}`,
        }));
    }

    /** A JWT as these calls take it (HS256 under the merchant key). */
    jwt(claims, key = this.who.merchant_key, header = { alg: 'HS256', typ: 'JWT' }) {
        const part = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
        const signed = `${part(header)}.${part(claims)}`;
        return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
    }
}

/** One of the integrator's tools at the shell, with `input` on its standard input: {status, stdout, stderr}. */
export function tool(server, words, input) {
    return spawnSync(BINARY, [...words, '--data', server.data], { input, encoding: 'utf8', timeout: 30_000 });
}

/** Refusals as the tests write them most often. */
export const BAD_REQUEST = ['400', 'FAILED', 'BAD_REQUEST'];
export const REFUSED = ['401', 'FAILED', 'FAILURE'];
export const INCORRECT = ['409', 'FAILED', 'Incorrect details passed'];
export const MISSING = ['410', 'FAILED', 'Mandatory fields missing'];

/** The words of Paytm's table for a code. */
export function assertResult(answer, code, status, message) {
    assert.deepEqual(
        [answer.result.resultCode, answer.result.resultStatus, answer.result.resultMsg], [code, status, message],
        answer.text);
}

/** A merchant of its own, made at the shell, that speaks both interfaces; what the shell does not say comes from the
 * demo merchant. */
export async function addPartner(server, name = freshId('partner')) {
    const said = async (...words) => {
        const { status, stdout, stderr } = await server.merchant(...words, '--json');
        assert.equal(status, 0, `merchant ${words.join(' ')}: ${stdout}${stderr}`);
        return JSON.parse(stdout);
    };
    const made = await said('add', name);
    const { publicKey, privateKey } = freshKeyPair();
    const file = path.join(server.data, `${name}.pem`);
    await writeFile(file, publicKey, { mode: 0o600 });
    const registered = await said('public-key', String(made.merchant_id), '--public-key', file);
    await rm(file);
    return {
        id: made.merchant_id,
        juspay: new Juspay(server, { ...server.credentials.juspay, ...made.juspay,
            key_id: registered.key_id ?? registered.juspay?.key_id, merchant_private_key_pem: privateKey }),
        paytm: new Paytm(server, { ...server.credentials.paytm, ...made.paytm }),
    };
}

const COUNT = `
import json, pathlib, sqlite3, sys
counts = {}
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.db")):
    db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
        if table == "audit_links":
            continue
        where = "WHERE event NOT IN (13, 19)" if table == "audit" else ""
        counts[f"{file.name} {table}"] = db.execute(f'SELECT count(*) FROM "{table}" {where}').fetchone()[0]
print(json.dumps(counts))
`;

/** Rows of every table in the data folder's databases, by "file table". But for what the audit log is told of later and
 * whatever came of the request (docs/AUDIT.md): cards that were opened, within a second (AUDIT_CARD), and the sums of
 * refused access, once a minute (AUDIT_REFUSED); and the links that sign its rows. */
export async function rowCounts(server) {
    const { stdout } = await promisify(execFile)('python3', ['-c', COUNT, path.resolve(server.data)]);
    return JSON.parse(stdout);
}
