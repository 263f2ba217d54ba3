// A server, a browser, and what the tests of the pages share.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import http from 'node:http';
import { chromium } from 'playwright-core';
import { freshId, startServer, until } from '../api/harness.mjs';

export { freshId, until };

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const BROWSERS = [process.env.TIJORI_BROWSER, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const PHONE = { width: 360, height: 740 };

export const OTP = '111000';
export const CARDS = { visa: '4706131211212123', mastercard: '5409162669381034', rupay: '6074825972083818' };

export class Bed {
    async open() {
        const executablePath = BROWSERS.find((file) => file && existsSync(file));
        assert.ok(executablePath, 'there is a Chromium');
        this.server = await startServer();
        /* In containers the browser's own sandbox has no namespaces to work with. */
        this.browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
        return this;
    }

    async close() {
        await this.browser?.close();
        await this.server?.close();
    }

    get base() { return this.server.base; }

    /** An order as the merchant's server makes it. */
    async order({ amount = 1499, customer = freshId('shopper'), meta = {}, version } = {}) {
        const answer = await this.server.createOrder({
            order_id: freshId(), order_amount: amount, order_currency: 'INR', order_meta: meta,
            customer_details: { customer_id: customer, customer_phone: '9908734801' },
        }, version ? { version } : undefined);
        assert.equal(answer.status, 200, answer.text);
        return { ...answer.json, customer, page: `${this.base}/checkout/${answer.json.payment_session_id}` };
    }

    async status(order) { return (await this.server.fetchOrder(order.order_id)).json.order_status; }

    async instruments(customer) {
        return (await this.server.pg('GET', `/customers/${customer}/instruments?instrument_type=card`)).json;
    }

    /** A page that fails the test for an error in a script or for anything its policy refused. */
    async page({ phone = false, ...options } = {}) {
        const context = await this.browser.newContext({ viewport: phone ? PHONE : { width: 1100, height: 850 }, ...options });
        const page = await context.newPage();
        page.complaints = [];
        page.on('pageerror', (error) => page.complaints.push(error.message));
        page.on('console', (line) => {
            if (/Content Security Policy|Refused to/.test(line.text()))
                page.complaints.push(line.text());
        });
        page.setDefaultTimeout(Number(process.env.TIJORI_PATIENCE ?? 15_000));
        return page;
    }
}

export async function leave(page) {
    assert.deepEqual(page.complaints, []);
    await page.context().close();
}

/** axe-core finds nothing to complain of. It is put in by the browser's own door, which a page's policy leaves open. */
export async function accessible(page, what, { part = false } = {}) {
    /* A frame with one field is part of a page, which has the heading. */
    const options = { resultTypes: ['violations'], iframes: false, rules: { 'page-has-heading-one': { enabled: !part } } };
    const found = await page.evaluate(`${AXE}; axe.run(document, ${JSON.stringify(options)})`);
    const told = found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(' | ')}`);
    assert.deepEqual(told, [], `${what}: axe-core`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${what} is ${wide} pixels wider than its window`);
}

export async function typeCard(page, { number = CARDS.visa, expiry = '03/28', code = '123', save = false } = {}) {
    await page.locator('#card_number').fill(number);
    await page.locator('#card_expiry').fill(expiry);
    await page.locator('#card_cvv').fill(code);
    if (save)
        await page.locator('#consent').check();
}

export const press = (page, name) => page.getByRole('button', { name }).first().click();

export async function giveOtp(page, otp = OTP) {
    await page.waitForURL(/\/otp\//);
    await page.fill('#otp', otp);
    await press(page, /^Confirm/);
}

/** Pays with a new card up to the result. */
export async function payByCard(page, order, card = {}) {
    await page.goto(`${order.page}?m=card`);
    await typeCard(page, card);
    await press(page, /^Pay/);
    await giveOtp(page);
    await page.waitForURL(/\/result\//);
}

/** A merchant's own web server on another port: pages by path; what was posted to it is kept. */
export class Shop {
    constructor() {
        this.pages = new Map();
        this.posted = [];
        this.server = http.createServer((request, response) => {
            const parts = [];
            request.on('data', (part) => parts.push(part));
            request.on('end', () => {
                const path = new URL(request.url, 'http://shop').pathname;
                if (request.method === 'POST')
                    this.posted.push({ path, form: new URLSearchParams(Buffer.concat(parts).toString()) });
                response.setHeader('content-type', 'text/html; charset=utf-8');
                response.end(this.pages.get(path) ?? '<!DOCTYPE html><html lang="en"><title>Shop</title><h1>Shop</h1>');
            });
        });
    }

    async open() {
        await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
        this.base = `http://127.0.0.1:${this.server.address().port}`;
        return this;
    }

    async close() {
        this.server.closeAllConnections?.();
        await new Promise((done) => this.server.close(done));
    }
}
