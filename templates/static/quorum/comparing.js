'use strict';
{
    /* Keys on the page of a comparison. Everything works without: each item has its radio buttons and boxes. */
    const start = () => {
        const form = document.getElementById('decisions');
        const items = [...document.querySelectorAll('[data-item][tabindex]')];
        if (!form || !items.length) {
            return;
        }
        const unsaved = form.querySelector('[data-unsaved]');
        let isChanged = Boolean(form.querySelector('.has-errors'));
        const note = () => {
            isChanged = true;
            unsaved.hidden = false;
        };
        form.addEventListener('change', note);
        form.addEventListener('input', note);
        form.addEventListener('submit', () => {
            isChanged = false;
        });
        window.addEventListener('beforeunload', (event) => {
            if (isChanged) {
                event.preventDefault();
            }
        });

        /* Writing a third value means taking it. */
        form.addEventListener('input', (event) => {
            if (event.target.matches('[data-other]')) {
                event.target.closest('[data-item]').querySelector('input[value="other"]').checked = true;
            }
        });

        const here = () => document.activeElement && document.activeElement.closest('[data-item]');
        const go = (item) => {
            if (item) {
                item.focus();
                item.scrollIntoView({block: 'nearest'});
            }
        };
        const move = (step) => {
            const at = items.indexOf(here());
            const open = items.find((item) => item.classList.contains('is-open'));
            go(at === -1 ? open || items[0] : items[at + step]);
        };
        const take = (letter) => {
            const item = here();
            const radio = item && item.querySelector(`input[value="${letter}"]`);
            if (!radio) {
                return false;
            }
            radio.checked = true;
            radio.dispatchEvent(new Event('change', {bubbles: true}));
            if (letter === 'other') {
                item.querySelector('[data-other]').focus();
            }
            return true;
        };
        const KEYS = {
            ArrowDown: () => move(1),
            ArrowUp: () => move(-1),
            a: () => take('A'),
            b: () => take('B'),
            o: () => take('other'),
        };

        document.addEventListener('keydown', (event) => {
            const target = event.target;
            if (event.ctrlKey || event.metaKey || event.altKey) {
                return;
            }
            if (event.key === 'Escape' && target.closest('[data-item]')) {
                go(target.closest('[data-item]'));
                return;
            }
            const isWriting = target.matches('input:not([type=radio]), select, textarea');
            const isElsewhere = target !== document.body && !target.closest('#decisions');
            if (isWriting || isElsewhere || !(event.key in KEYS)) {
                return;
            }
            event.preventDefault();
            KEYS[event.key]();
        });
        const keys = form.querySelector('[data-keys]');
        keys.hidden = false;
        unsaved.hidden = !isChanged;
    };
    document.addEventListener('DOMContentLoaded', start);
}
