'use strict';
/* Shows a study's numbers and lineage in a small box while its row of a forest plot is pointed at or has the focus. */
{
    const LINGER = 120; // how long the box stays, so that the pointer can reach it
    const MOST_STEPS = 4;
    const BETWEEN = '␟'; // between the cells of a row, see analysis/figures/forest.py
    const NUMBERS = [['estimate', 'Estimate'], ['interval', 'Interval'], ['weight', 'Weight']];

    const make = (tag, text, parent) => {
        const element = document.createElement(tag);
        element.textContent = text;
        parent.append(element);
        return element;
    };

    const linkOf = (row) => row.closest('a');
    const targetOf = (link) => {
        const name = link ? link.getAttribute('href') : '';
        return name && name.startsWith('#') ? document.getElementById(name.slice(1)) : null;
    };

    /* Fills the box with what the row says of itself, and with the sources and steps that the page tells of it. */
    const fill = (box, row) => {
        box.replaceChildren();
        make('h3', row.dataset.label, box);
        const list = make('dl', '', box);
        for (const [name, words] of NUMBERS) {
            if (row.dataset[name]) {
                make('dt', name === 'interval' ? row.dataset.intervalName : words, list);
                make('dd', row.dataset[name], list);
            }
        }
        const headings = (row.closest('.forest-plot')?.dataset.headings || '').split(BETWEEN);
        (row.dataset.cells || '').split(BETWEEN).forEach((cell, place) => {
            if (cell) {
                make('dt', headings[place], list);
                make('dd', cell, list);
            }
        });
        if (row.dataset.message) {
            make('p', row.dataset.message, box);
        }
        const lineage = targetOf(linkOf(row))?.querySelector('.lineage-body');
        if (lineage) {
            const steps = make('ul', '', box);
            const told = [...lineage.querySelectorAll('.sources li'), ...lineage.querySelectorAll('ol li')];
            for (const item of told.slice(0, MOST_STEPS)) {
                make('li', item.textContent.trim().replace(/\s+/g, ' '), steps);
            }
            make('p', told.length > MOST_STEPS ? 'Click or press Enter for all steps.' : 'Click or press Enter for the lineage.', box);
        }
    };

    /* Puts the box below the row, or above it where the window ends, and inside the window. */
    const put = (box, row, left) => {
        const area = row.getBoundingClientRect();
        const size = box.getBoundingClientRect();
        const room = document.documentElement.clientWidth - size.width - 12;
        const below = area.bottom + 4;
        const fits = below + size.height <= window.innerHeight || area.top < size.height + 4;
        box.style.left = `${Math.max(12, Math.min(left, room)) + window.scrollX}px`;
        box.style.top = `${(fits ? below : area.top - size.height - 4) + window.scrollY}px`;
    };

    const begin = (figure) => {
        const rows = [...figure.querySelectorAll('.forest-row')];
        const links = rows.map(linkOf).filter(Boolean);
        if (!rows.length) {
            return;
        }
        const box = make('div', '', document.body);
        box.className = 'forest-box';
        box.hidden = true;
        let timer = 0;
        const hide = () => { box.hidden = true; };
        const hideSoon = () => { clearTimeout(timer); timer = setTimeout(hide, LINGER); };
        const show = (row, left) => {
            clearTimeout(timer);
            fill(box, row);
            box.hidden = false;
            put(box, row, left);
        };

        for (const row of rows) {
            row.querySelector(':scope > title')?.remove(); // the box says it
            row.addEventListener('pointerenter', (event) => show(row, event.clientX + 12));
            row.addEventListener('pointerleave', hideSoon);
        }
        box.addEventListener('pointerenter', () => clearTimeout(timer));
        box.addEventListener('pointerleave', hideSoon);
        document.addEventListener('keydown', (event) => { if (event.key === 'Escape') { hide(); } });

        /* One stop for the tabulator; the arrows lead from row to row. */
        links.forEach((link, place) => {
            link.setAttribute('tabindex', place ? '-1' : '0');
            link.addEventListener('focus', () => {
                links.forEach((other) => other.setAttribute('tabindex', other === link ? '0' : '-1'));
                const row = link.querySelector('.forest-row');
                show(row, row.getBoundingClientRect().left + 24);
            });
            link.addEventListener('blur', hide);
            link.addEventListener('keydown', (event) => {
                const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: links.length - 1 }[event.key];
                if (next !== undefined && links[next]) {
                    event.preventDefault();
                    links[next].focus();
                }
            });
            link.addEventListener('click', () => {
                hide();
                const details = targetOf(link)?.querySelector('details');
                if (details) {
                    details.open = true;
                    setTimeout(() => details.querySelector('summary').focus({ preventScroll: true }));
                }
            });
        });
    };

    document.addEventListener('DOMContentLoaded', () => {
        document.querySelectorAll('.figure').forEach(begin);
    });
}
