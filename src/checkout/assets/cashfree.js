/* window.Cashfree for a merchant's page: open the checkout, or put a card's fields into the page as frames of ours.
 * Every promise resolves to { error: { code, message } }, { redirect: true } or { paymentDetails: { paymentMessage } }. */
'use strict';

(() => {
    const base = new URL(document.currentScript.src).origin;
    const here = location.origin;
    const failed = (code, message) => ({ error: { code, message } });
    const elementOf = (target) => (typeof target === 'string' ? document.querySelector(target) : target);
    const isElement = (x) => x instanceof Element;
    const random = () => [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, '0')).join('');

    const outcomeOf = ({ status, message }) => (status === 'SUCCESS' || status === 'FLAGGED'
        ? { paymentDetails: { paymentMessage: 'Payment finished. Check status.' } }
        : failed(status === 'CANCELLED' ? 'payment_cancelled' : 'payment_failed', message));

    const frameOf = (src, title) => {
        const frame = document.createElement('iframe');
        frame.src = src;
        frame.title = title;
        frame.allow = 'payment';
        Object.assign(frame.style, { border: '0', width: '100%', display: 'block', background: 'transparent', colorScheme: 'normal' });
        return frame;
    };

    /* Hear from a frame until it says how the payment ended. A frame that never speaks was not let in: a browser tells
     * nobody that a page refused to be framed. */
    const silence = 2500;
    const listen = (frame, { ended, over, escaped = () => {}, seen = () => {} }) => {
        let timer = 0;
        const heard = (event) => {
            if (event.source !== frame.contentWindow || event.origin !== base || event.data?.tijori !== 'checkout')
                return;
            clearTimeout(timer);
            timer = -1;
            if (event.data.escape)
                escaped();
            else if (event.data.code)
                over(failed(event.data.code, event.data.message));
            else if (event.data.status)
                ended(event.data);
            if (event.data.height > 0)
                seen(event.data.height);
        };
        const loaded = () => {
            if (timer === 0)
                timer = setTimeout(() => over(failed('checkout_not_available',
                    'The payment page can not be shown here: is this page\'s origin registered?')), silence);
        };
        addEventListener('message', heard);
        frame.addEventListener('load', loaded);
        return () => {
            clearTimeout(timer);
            removeEventListener('message', heard);
        };
    };

    /* appearance: { width, height }, as numbers of pixels or CSS lengths; what else is in it we leave alone. */
    const lengthOf = (wish) => (typeof wish === 'number' ? `${wish}px` : typeof wish === 'string' && wish ? wish : null);
    const sized = (element, appearance) => {
        for (const side of ['width', 'height']) {
            const wish = lengthOf(appearance?.[side]);
            if (wish && CSS.supports(side, wish))
                element.style[side] = wish;
        }
        return lengthOf(appearance?.height) !== null;
    };

    const inModal = (src, appearance) => new Promise((resolve) => {
        const dialog = document.createElement('dialog'), close = document.createElement('button');
        const frame = frameOf(src, 'Payment');
        let last = null, refusal = null, deaf = () => {};

        Object.assign(dialog.style, { padding: '0', border: '0', borderRadius: '14px', width: 'min(34rem, 96vw)',
            height: 'min(46rem, 94vh)', maxWidth: '100vw', maxHeight: '100vh', overflow: 'hidden', background: '#fff' });
        sized(dialog, appearance);
        Object.assign(frame.style, { height: '100%' });
        Object.assign(close.style, { position: 'absolute', top: '6px', right: '6px', width: '44px', height: '44px',
            border: '0', borderRadius: '22px', background: '#e7e7e2', color: '#1c2420', font: '20px sans-serif', cursor: 'pointer' });
        dialog.setAttribute('aria-label', 'Payment');
        close.type = 'button';
        close.setAttribute('aria-label', 'Close the payment');
        close.textContent = '×';
        dialog.append(frame, close);
        const end = () => {
            deaf();
            dialog.remove();
            resolve(refusal ?? (last ? outcomeOf(last) : null) ?? failed('payment_aborted', 'The payment page was closed before the payment ended.'));
        };
        deaf = listen(frame, {
            ended: (said) => {
                last = said;
                if (said.status === 'SUCCESS' || said.status === 'FLAGGED')
                    setTimeout(() => dialog.close(), 1200);
            },
            over: (why) => { refusal = last ? null : why; dialog.close(); },
            escaped: () => dialog.close(),
        });
        close.addEventListener('click', () => dialog.close());
        dialog.addEventListener('close', end);
        document.body.append(dialog);
        dialog.showModal();
    });

    const inElement = (src, element, appearance) => new Promise((resolve) => {
        const frame = frameOf(src, 'Payment');
        frame.style.height = '640px';
        const fixed = sized(frame, appearance);
        const end = (outcome) => { deaf(); resolve(outcome); };
        const deaf = listen(frame, {
            ended: (said) => {
                if (said.status === 'SUCCESS' || said.status === 'FLAGGED')
                    end(outcomeOf(said));
            },
            over: end,
            seen: (height) => { if (!fixed) frame.style.height = `${Math.max(height, 320)}px`; },
        });
        element.replaceChildren(frame);
    });

    const redirected = { redirect: true };
    const withQuery = (path, name, value) =>
        (value ? `${path}${path.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}` : path);
    const open = async (plain, { redirectTarget: target, returnUrl, appearance }) => {
        const path = withQuery(plain, 'r', typeof returnUrl === 'string' ? returnUrl : '');
        const framed = base + withQuery(plain, 'o', here);
        if (isElement(target))
            return inElement(framed, target, appearance);
        switch (target ?? '_self') {
        case '_modal':
            return inModal(framed, appearance);
        case '_blank':
            return window.open(base + path, '_blank') ? redirected : failed('popup_blocked', 'The browser opened no window.');
        case '_top':
            window.open(base + path, '_top');
            return redirected;
        case '_self':
            location.assign(base + path);
            return redirected;
        default: {
            const element = elementOf(target);
            return element ? inElement(framed, element, appearance) : failed('redirect_target_invalid', 'redirectTarget names nothing.');
        }
        }
    };

    const isSession = (session) => typeof session === 'string' && /^session_[A-Za-z0-9_-]+$/.test(session);
    const noSession = () => failed('payment_session_id_invalid', 'paymentSessionId is missing or malformed.');

    /* After a modal a page may want to go on to its own address. */
    let paidOrder = '';
    addEventListener('message', (event) => {
        if (event.origin === base && event.data?.tijori === 'checkout' && event.data.order)
            paidOrder = event.data.order;
    });
    const thenReturn = (outcome, returnUrl) => {
        if (outcome.paymentDetails && returnUrl)
            location.assign(returnUrl.replaceAll('{order_id}', encodeURIComponent(paidOrder)));
        return outcome;
    };

    const checkout = async (options = {}) => {
        if (!isSession(options.paymentSessionId))
            return noSession();
        const outcome = await open(`/checkout/${options.paymentSessionId}`, options);
        return outcome.redirect ? outcome : thenReturn(outcome, options.returnUrl);
    };

    const events = ['ready', 'focus', 'blur', 'change', 'complete', 'invalid', 'empty', 'click', 'loaderror'];
    const titles = { cardNumber: 'Card number', cardCvv: 'Security code', cardHolder: 'Name on the card',
        cardExpiry: 'Expiry', savePaymentInstrument: 'Save this card', upiCollect: 'UPI address',
        netbanking: 'Net banking', wallet: 'Wallet', paylater: 'Pay later' };
    const payable = ['cardNumber', 'upiCollect', 'netbanking', 'wallet', 'paylater'];

    class Component {
        #frame = null;
        #heard = null;
        #state = { complete: false, empty: true, checked: false, invalid: false, ready: false, focus: false, value: {} };
        #late = 0;
        #listeners = new Map();

        constructor(kind, options, group) {
            this.kind = kind;
            this.group = group;
            this.options = options ?? {};
        }

        mount(target) {
            const element = elementOf(target);
            if (!element)
                throw new Error(`there is no element ${target} to mount ${this.kind} in`);
            const { placeholder, buttonText } = this.options.values ?? {};
            const query = new URLSearchParams({ o: here, g: this.group, p: buttonText ?? placeholder ?? '' });
            this.unmount();
            this.#frame = frameOf(`${base}/checkout/component/${this.kind}?${query}`, titles[this.kind]);
            this.#frame.style.height = this.kind === 'savePaymentInstrument' ? '96px' : '50px';
            this.#heard = (event) => this.#hear(event);
            addEventListener('message', this.#heard);
            this.#frame.addEventListener('load', () => {
                this.#late = this.#state.ready ? 0 : setTimeout(() => this.#tell('loaderror',
                    { error: { code: 'component_not_available', message: `${this.kind} could not be loaded.` } }), silence);
            });
            element.replaceChildren(this.#frame);
            return this;
        }

        #tell(name, more) {
            for (const call of this.#listeners.get(name) ?? [])
                call({ ...this.data(), ...more });
        }

        #hear(event) {
            if (event.origin !== base || event.source !== this.#frame?.contentWindow || event.data?.tijori !== 'component')
                return;
            const { complete, empty, checked, invalid, value, height, event: name } = event.data;
            clearTimeout(this.#late);
            this.#state = { complete, empty, checked, invalid, value, ready: true,
                focus: name === 'focus' || (this.#state.focus && name !== 'blur') };
            if (height > 0)
                this.#frame.style.height = `${height}px`;
            if (name === 'ready')
                this.update(this.options);
            this.#tell(name, {});
        }

        /* What the shop may know: never what was typed in a field of a card. */
        data() {
            const { complete, empty, invalid, ready, focus, value } = this.#state;
            return { value, error: undefined, message: {}, invalid, empty, complete, ready, focus, loaderror: false,
                componentName: this.kind, mounted: this.isMounted(), disabled: this.options.disabled === true };
        }

        on(name, call) {
            if (!events.includes(name))
                throw new Error(`there is no event ${name}`);
            this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), call]);
            return this;
        }

        post(message) { this.#frame?.contentWindow.postMessage({ group: this.group, ...message }, base); }
        /* New options, or just new values. */
        update(options = {}) {
            const wrapped = ['values', 'style', 'disabled', 'classes', 'fonts', 'loader'].some((name) => name in options);
            const { values, ...rest } = wrapped ? options : { values: options };
            this.options = { ...this.options, ...rest, values: { ...this.options.values, ...values } };
            this.post({ tijori: 'style', style: this.options.style?.base ?? {}, values: this.options.values,
                disabled: this.options.disabled === true });
            return this;
        }
        disable() { return this.update({ disabled: true }); }
        enable() { return this.update({ disabled: false }); }
        focus() { this.post({ tijori: 'focus' }); }
        clear() { this.post({ tijori: 'clear' }); }
        isComplete() { return this.#state.complete; }
        isChecked() { return this.#state.checked; }
        isMounted() { return this.#frame !== null; }
        unmount() {
            this.#frame?.remove();
            if (this.#heard)
                removeEventListener('message', this.#heard);
            clearTimeout(this.#late);
            this.#frame = null;
            this.#state = { ...this.#state, complete: false, empty: true, checked: false, ready: false, focus: false };
        }
        destroy() { this.unmount(); this.#listeners.clear(); }
    }

    const begun = (component, paymentSessionId, save) => new Promise((resolve) => {
        const id = random();
        const heard = (event) => {
            if (event.origin !== base || event.data?.tijori !== 'paid' || event.data.id !== id)
                return;
            removeEventListener('message', heard);
            resolve(event.data);
        };
        addEventListener('message', heard);
        component.post({ tijori: 'pay', session: paymentSessionId, id, save, values: component.options.values });
    });

    const pay = async ({ paymentSessionId, paymentMethod, savePaymentInstrument, ...how } = {}) => {
        if (!isSession(paymentSessionId))
            return noSession();
        if (!(paymentMethod instanceof Component) || !payable.includes(paymentMethod.kind) || !paymentMethod.isMounted())
            return failed('payment_method_invalid', `paymentMethod should be a mounted component: ${payable.join(', ')}.`);
        const save = savePaymentInstrument instanceof Component ? savePaymentInstrument.isChecked()
            : typeof savePaymentInstrument === 'boolean' ? savePaymentInstrument : undefined;
        const answer = await begun(paymentMethod, paymentSessionId, save);
        if (answer.error)
            return failed(answer.code ?? 'payment_failed', answer.error);
        const next = new URL(answer.next, base);
        if (next.origin !== base) {
            location.assign(next.href);
            return redirected;
        }
        next.searchParams.delete('o');
        const outcome = await open(next.pathname + next.search, { redirectTarget: '_modal', ...how });
        return outcome.redirect ? outcome : thenReturn(outcome, how.returnUrl);
    };

    const Cashfree = ({ mode } = {}) => {
        if (mode !== undefined && mode !== 'sandbox' && mode !== 'production')
            throw new Error('mode is "sandbox" or "production"');
        const group = random();
        return Object.freeze({
            checkout,
            pay,
            create: (kind, options) => {
                if (!Object.hasOwn(titles, kind))
                    throw new Error(`there is no component ${kind}`);
                return new Component(kind, options, group);
            },
            version: () => '3.0.0-tijori',
            mode: mode ?? 'sandbox',
        });
    };
    window.Cashfree = Cashfree;
})();
