/* An assessment follows its answers while they are given: questions appear, proposals move. Without this file the page
   does the same each time it is saved. */

import {asked, overall, propose} from './algorithm.js';

const WORDS = {Y: 'yes', PY: 'probably yes', PN: 'probably no', N: 'no', NI: 'no information', NA: 'not applicable'};

const mark = (level, levels) => {
    const word = document.createElement('span');
    word.className = `level level-${level}`;
    const symbol = document.createElement('span');
    symbol.className = 'symbol';
    symbol.setAttribute('aria-hidden', 'true');
    word.append(symbol, levels[level]);
    return word;
};

const quiet = (text) => {
    const words = document.createElement('span');
    words.className = 'quiet';
    words.textContent = text;
    return words;
};

const chosen = (form, name) => form.querySelector(`input[name="${CSS.escape(name)}"]:checked`)?.value || '';

/* Change a live region only where it says something else, so that it is not read out again and again. */
const say = (place, ...parts) => {
    const draft = document.createElement('div');
    draft.append(...parts);
    if (place && place.innerHTML !== draft.innerHTML) {
        place.replaceChildren(...draft.childNodes);
    }
};

const follow = (form, tool) => {
    const answers = {};
    for (const domain of tool.domains) {
        for (const question of domain.questions) {
            answers[question.code] = chosen(form, `${question.name}-answer`);
        }
    }
    const counts = {asked: 0, answered: 0};
    const judged = tool.domains.map((domain) => {
        const section = document.getElementById(`domain-${domain.domain}`);
        const {found} = asked(domain, answers);
        const open = found.filter((question) => !answers[question.code]);
        counts.asked += found.length;
        counts.answered += found.length - open.length;
        for (const question of domain.questions) {
            document.getElementById(question.name).hidden = !found.includes(question);
        }
        const proposal = propose(domain, answers, tool.levels);
        const place = section.querySelector('[data-proposal]');
        if (proposal) {
            const way = document.createElement('span');
            way.className = 'path';
            way.textContent = proposal.path.map((step) => `${step.number} ${WORDS[step.answer]}`).join(' → ');
            say(place, 'The answers give ', mark(proposal.level, tool.levels), ' ', way);
        } else if (domain.tables.length) {
            const numbers = open.map((question) => question.number).join(', ');
            say(place, quiet(`The answers do not determine it yet; open: ${numbers}.`));
        }
        const level = chosen(form, `j-${domain.domain}-judgement`) || proposal?.level || '';
        say(document.querySelector(`[data-nav="${domain.domain}"]`), level ? mark(level, tool.levels) : quiet('not judged'));
        return level;
    });
    followOverall(form, tool, judged);
    const bar = document.getElementById('progress');
    if (bar) {
        bar.max = counts.asked;
        bar.value = counts.answered;
        document.querySelector('[data-count]').textContent = `${counts.answered} of ${counts.asked}`;
    }
};

const followOverall = (form, tool, judged) => {
    const level = tool.overall === 'worst' ? overall(judged, tool.levels) : '';
    const place = document.querySelector('#domain-overall [data-proposal]');
    if (level) {
        say(place, 'The domains give ', mark(level, tool.levels));
    } else {
        say(place, quiet('The domains give a judgement once all of them are judged.'));
    }
    const holding = chosen(form, 'j-overall-judgement') || level;
    say(document.querySelector('[data-nav="overall"]'), holding ? mark(holding, tool.levels) : quiet('not judged'));
};

/* Ctrl+Enter saves from anywhere in the form. */
const saveByKey = (form) => {
    form.addEventListener('keydown', (event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            form.requestSubmit(form.querySelector('input[name="_continue"]'));
        }
    });
};

const form = document.getElementById('assess_form') || document.getElementById('settle_form');
const source = document.getElementById('assess-definition');
if (form) {
    saveByKey(form);
}
if (form && source) {
    const tool = JSON.parse(source.textContent);
    form.addEventListener('change', () => follow(form, tool));
    follow(form, tool);
}
document.getElementById('listed-errors-heading')?.focus();
const missing = document.getElementById('missing');
if (missing && window.location.hash === '#missing') {
    missing.open = true;
}
