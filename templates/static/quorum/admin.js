'use strict';
{
    const PLACEHOLDER = '__prefix__';

    /* Select2 builds a combobox of its own; give it the name of the field it stands for. */
    const nameComboboxes = (root) => {
        for (const select of root.querySelectorAll('select.admin-autocomplete')) {
            const label = select.id && document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
            const box = select.parentElement.querySelector('.select2-selection');
            if (label && box) {
                const name = label.textContent.trim().replace(/:$/, '');
                box.removeAttribute('aria-labelledby');
                const chosen = select.selectedOptions[0];
                box.setAttribute('aria-label', chosen && chosen.value ? `${name}: ${chosen.textContent}` : name);
                /* Select2 calls what is chosen a text box. */
                const text = box.querySelector('[role=textbox]');
                if (text) {
                    text.setAttribute('aria-label', name);
                }
            }
        }
    };

    /* A new row is a copy of the hidden one: finish its references, number a new arm, and go there. */
    const finishRow = (row, prefix) => {
        const index = row.id.slice(prefix.length + 1);
        for (const field of row.querySelectorAll('[aria-describedby]')) {
            const ids = field.getAttribute('aria-describedby').replaceAll(PLACEHOLDER, index);
            field.setAttribute('aria-describedby', ids);
        }
        const number = row.querySelector(`[name="${prefix}-${index}-number"]`);
        if (number && prefix === 'arms') {
            const used = [...document.querySelectorAll('[name^="arms-"][name$="-number"]')].map((box) => Number(box.value));
            number.value = Math.max(0, ...used.filter(Number.isFinite)) + 1;
        }
        const first = row.querySelector('input:not([type=hidden]), select, textarea');
        if (first) {
            first.focus();
        }
    };

    /* Say what the tool's rule gives for the domains as they are chosen now: the worst of them. */
    const propose = (set) => {
        const levels = set.dataset.levels.split(' ');
        const text = set.querySelector('[data-proposal]');
        const domains = [...set.querySelectorAll('[data-domain]')].map((domain) => domain.querySelector('input:checked'));
        if (!text || domains.includes(null)) {
            return;
        }
        const worst = domains.reduce((one, other) => (
            levels.indexOf(other.value) > levels.indexOf(one.value) ? other : one
        ));
        const name = document.createElement('strong');
        name.textContent = worst.closest('label').textContent.trim();
        text.replaceChildren('The tool’s rule gives: ', name, '. A departure needs a reason.');
    };

    document.addEventListener('DOMContentLoaded', () => {
        setTimeout(() => nameComboboxes(document), 0);
        const set = document.querySelector('.rob[data-levels]');
        if (set) {
            set.addEventListener('change', () => propose(set));
        }
    });
    /* After a refusal start at the list of what to correct; the admin itself would start at the first field. */
    window.addEventListener('load', () => {
        const heading = document.getElementById('listed-errors-heading');
        if (heading) {
            heading.tabIndex = -1;
            setTimeout(() => heading.focus(), 0);
        }
    });
    document.addEventListener('change', (event) => {
        if (event.target.matches('select.admin-autocomplete')) {
            nameComboboxes(event.target.closest('.cell, .form-row, body'));
        }
    });
    document.addEventListener('formset:added', (event) => {
        finishRow(event.target, event.detail.formsetName);
        setTimeout(() => nameComboboxes(event.target), 0);
    });

    /* Tell the others that this page is open, and hear who else has it open. */
    const EVERY = 20000;
    const shareEditing = (hint) => {
        const token = document.querySelector('[name=csrfmiddlewaretoken]');
        const tell = async () => {
            if (document.hidden || !token) {
                return;
            }
            try {
                const answer = await fetch(hint.dataset.editing, {method: 'POST', headers: {'X-CSRFToken': token.value}});
                const {says} = await answer.json();
                hint.textContent = says;
                hint.hidden = !says;
            } catch {
                /* The server is away for a moment; the next time tells. */
            }
        };
        tell();
        setInterval(tell, EVERY);
    };
    document.addEventListener('DOMContentLoaded', () => {
        const hint = document.querySelector('[data-editing]');
        if (hint) {
            shareEditing(hint);
        }
    });
}
