/* The same walk as in evidence/tools/tool.py: which questions are asked, and what the tables say. */

const holds = (when, answers) => Object.entries(when).every(([code, allowed]) => allowed.includes(answers[code]));

/* The questions that are asked; an answer to a question that is not asked opens none. */
export const asked = (domain, answers) => {
    const given = {};
    const found = [];
    for (const question of domain.questions) {
        if (!question.askedIf.length || question.askedIf.some((when) => holds(when, given))) {
            found.push(question);
            if (answers[question.code]) {
                given[question.code] = answers[question.code];
            }
        }
    }
    return {found, given};
};

/* The level that the tables give, the worst of them, and the way to it; null while one of them says nothing. */
export const propose = (domain, answers, levels) => {
    const {found, given} = asked(domain, answers);
    const rules = domain.tables.map((table) => table.find((rule) => holds(rule.when, given)));
    if (!rules.length || rules.includes(undefined)) {
        return null;
    }
    const order = Object.keys(levels);
    const worst = rules.map((rule) => rule.level).reduce(
        (one, other) => (order.indexOf(other) > order.indexOf(one) ? other : one)
    );
    const path = new Map();
    const byCode = new Map(found.map((question) => [question.code, question]));
    const walk = (when) => {
        for (const code of Object.keys(when)) {
            if (!path.has(code)) {
                const question = byCode.get(code);
                walk(question.askedIf.find((one) => holds(one, given)) || {});
                path.set(code, {number: question.number, answer: given[code]});
            }
        }
    };
    rules.filter((rule) => rule.level === worst).forEach((rule) => walk(rule.when));
    return {level: worst, path: [...path.values()]};
};

/* The worst of the judgements, "" while a domain has none. */
export const overall = (judged, levels) => {
    const order = Object.keys(levels);
    return judged.includes('') ? '' : judged.reduce(
        (one, other) => (order.indexOf(other) > order.indexOf(one) ? other : one)
    );
};
