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

    /* Hear from a frame until it says how the payment ended. */
    const listen = (frame, ended, escaped = () => {}) => {
        const heard = (event) => {
            if (event.source !== frame.contentWindow || event.origin !== base || event.data?.tijori !== 'checkout')
                return;
            if (event.data.escape)
                escaped();
            else if (event.data.status)
                ended(event.data);
        };
        addEventListener('message', heard);
        return () => removeEventListener('message', heard);
    };

    const inModal = (src) => new Promise((resolve) => {
        const dialog = document.createElement('dialog'), close = document.createElement('button');
        const frame = frameOf(src, 'Payment');
        let last = null, deaf = () => {};

        Object.assign(dialog.style, { padding: '0', border: '0', borderRadius: '14px', width: 'min(34rem, 96vw)',
            height: 'min(46rem, 94vh)', overflow: 'hidden', background: '#fff' });
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
            resolve(last ? outcomeOf(last) : failed('payment_aborted', 'The payment page was closed before the payment ended.'));
        };
        deaf = listen(frame, (said) => {
            last = said;
            if (said.status === 'SUCCESS' || said.status === 'FLAGGED')
                setTimeout(() => dialog.close(), 1200);
        }, () => dialog.close());
        close.addEventListener('click', () => dialog.close());
        dialog.addEventListener('close', end);
        document.body.append(dialog);
        dialog.showModal();
    });

    const inElement = (src, element) => new Promise((resolve) => {
        const frame = frameOf(src, 'Payment');
        frame.style.height = '640px';
        const deaf = listen(frame, (said) => {
            if (said.status !== 'SUCCESS' && said.status !== 'FLAGGED')
                return;
            deaf();
            resolve(outcomeOf(said));
        });
        element.replaceChildren(frame);
    });

    const redirected = { redirect: true };
    const open = async (path, target) => {
        const framed = `${base}${path}${path.includes('?') ? '&' : '?'}o=${encodeURIComponent(here)}`;
        if (isElement(target))
            return inElement(framed, target);
        switch (target ?? '_self') {
        case '_modal':
            return inModal(framed);
        case '_blank':
            return window.open(`${base}${path}`, '_blank') ? redirected : failed('popup_blocked', 'The browser opened no window.');
        case '_top':
            window.top.location.assign(`${base}${path}`);
            return redirected;
        case '_self':
            location.assign(`${base}${path}`);
            return redirected;
        default: {
            const element = elementOf(target);
            return element ? inElement(framed, element) : failed('redirect_target_invalid', 'redirectTarget names nothing.');
        }
        }
    };

    const isSession = (session) => typeof session === 'string' && /^session_[A-Za-z0-9_-]+$/.test(session);
    const noSession = () => failed('payment_session_id_invalid', 'paymentSessionId is missing or malformed.');

    /* After a modal a page may want to go on to its own address. */
    const thenReturn = (outcome, returnUrl) => {
        if (outcome.paymentDetails && returnUrl)
            location.assign(returnUrl);
        return outcome;
    };

    const checkout = async ({ paymentSessionId, redirectTarget, returnUrl } = {}) => {
        if (!isSession(paymentSessionId))
            return noSession();
        const outcome = await open(`/checkout/${paymentSessionId}`, redirectTarget);
        return outcome.redirect ? outcome : thenReturn(outcome, returnUrl);
    };

    const events = ['ready', 'focus', 'blur', 'change', 'complete', 'invalid', 'empty', 'loaderror'];
    const kinds = ['cardNumber', 'cardCvv', 'cardHolder', 'cardExpiry', 'savePaymentInstrument'];
    const titles = { cardNumber: 'Card number', cardCvv: 'Security code', cardHolder: 'Name on the card',
        cardExpiry: 'Expiry', savePaymentInstrument: 'Save this card' };

    class Component {
        #frame = null;
        #heard = null;
        #state = { complete: false, empty: true, checked: false };
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
            const query = new URLSearchParams({ o: here, g: this.group, p: this.options.values?.placeholder ?? '' });
            this.unmount();
            this.#frame = frameOf(`${base}/checkout/component/${this.kind}?${query}`, titles[this.kind]);
            this.#frame.style.height = this.kind === 'savePaymentInstrument' ? '96px' : '50px';
            this.#heard = (event) => this.#hear(event);
            addEventListener('message', this.#heard);
            element.replaceChildren(this.#frame);
            return this;
        }

        #hear(event) {
            if (event.origin !== base || event.source !== this.#frame?.contentWindow || event.data?.tijori !== 'component')
                return;
            const { complete, empty, checked, cardBrand, height } = event.data;
            this.#state = { complete, empty, checked };
            if (height > 0)
                this.#frame.style.height = `${height}px`;
            if (event.data.event === 'ready')
                this.update(this.options);
            for (const call of this.#listeners.get(event.data.event) ?? [])
                call({ complete, empty, value: { cardBrand } });
        }

        on(name, call) {
            if (!events.includes(name))
                throw new Error(`there is no event ${name}`);
            this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), call]);
            return this;
        }

        post(message) { this.#frame?.contentWindow.postMessage({ group: this.group, ...message }, base); }
        update(options) {
            this.options = { ...this.options, ...options };
            this.post({ tijori: 'style', style: this.options.style?.base ?? {} });
            return this;
        }
        focus() { this.post({ tijori: 'focus' }); }
        clear() { this.post({ tijori: 'clear' }); }
        isComplete() { return this.#state.complete; }
        isChecked() { return this.#state.checked; }
        isMounted() { return this.#frame !== null; }
        unmount() {
            this.#frame?.remove();
            if (this.#heard)
                removeEventListener('message', this.#heard);
            this.#frame = null;
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
        component.post({ tijori: 'pay', session: paymentSessionId, id, save });
    });

    const pay = async ({ paymentSessionId, paymentMethod, savePaymentInstrument, redirectTarget, returnUrl } = {}) => {
        if (!isSession(paymentSessionId))
            return noSession();
        if (!(paymentMethod instanceof Component) || paymentMethod.kind !== 'cardNumber' || !paymentMethod.isMounted())
            return failed('payment_method_invalid', 'paymentMethod should be a mounted cardNumber component.');
        const save = savePaymentInstrument instanceof Component ? savePaymentInstrument.isChecked()
            : typeof savePaymentInstrument === 'boolean' ? savePaymentInstrument : undefined;
        const answer = await begun(paymentMethod, paymentSessionId, save);
        if (answer.error)
            return failed('payment_failed', answer.error);
        const next = new URL(answer.next, base);
        if (next.origin !== base) {
            location.assign(next.href);
            return redirected;
        }
        next.searchParams.delete('o');
        const outcome = await open(next.pathname + next.search, redirectTarget ?? '_modal');
        return outcome.redirect ? outcome : thenReturn(outcome, returnUrl);
    };

    const Cashfree = ({ mode } = {}) => {
        if (mode !== undefined && mode !== 'sandbox' && mode !== 'production')
            throw new Error('mode is "sandbox" or "production"');
        const group = random();
        return Object.freeze({
            checkout,
            pay,
            create: (kind, options) => {
                if (!kinds.includes(kind))
                    throw new Error(`there is no component ${kind}`);
                return new Component(kind, options, group);
            },
            version: () => '3.0.0-tijori',
            mode: mode ?? 'sandbox',
        });
    };
    window.Cashfree = Cashfree;
})();
