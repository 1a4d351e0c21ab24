"""Argument lists with words left out, put in, doubled or in another order: done, or refused in one line"""
from shared import SHORT, command, verdict

WHOLE = 1000
OPTIONS = '--help --nope -x --out --out= --which --which=best --k --k=3 --seed --pa --resume --rerank --set'
VALUES = '-- - -1 0 nan x last None 1e5 ltcc synth folder /dev/null . = é @file * epochs=0'
WORDS = [*OPTIONS.split(), '--list', '--open', '--version', '-h', *VALUES.split(), '', ' ', '\udcff', '9'*40]
# what makes a command quick, put back where a change took it away
QUICK = dict(fire2_train=('epochs=', f'--set={SHORT}'), fire2_bench=('none', '--suites=none'),
             fire2_synth=('n_ids', '--people=tiny n_ids=2 n_test_ids=2'), fire2_probe=('--n', '--n=2'))

def _right(c):
    "A short right list of each command"
    run, folder = c.run, ['folder', '--path', c.people]
    query, gallery = sorted(c.people.glob('query/*/*'))[0], c.people/'gallery'
    few = ['--people', 'tiny n_ids=2 n_test_ids=2', '--height', 16, '--width', 8]
    return dict(fire2_train=c.train(SHORT)[1:], fire2_eval=[run, '--which', 'best'],
                fire2_embed=[run, query, '--out', 'e.npz'], fire2_index=[run, gallery, '--out', 'i'],
                fire2_search=[run, '--query', query, '--gallery', gallery, '--k', 3, '--out', 's.png'],
                fire2_check=[*folder, '--open'], fire2_report=[run, '--which', 'best'],
                fire2_synth=['--layout', 'folder', '--out', 'o', *few, '--seed', 3],
                fire2_score=[*folder, '--feats', c.vectors], fire2_compare=[run, run],
                fire2_export=[run, '--out', 'm.onnx'], fire2_bench=['--suites', 'none'],
                fire2_probe=[run, '--n', 2, '--out', 'p'])

def _change(argv, pick):
    "One thing done to a list"
    j, how = pick.number(0, len(argv) + 1), pick.one('out in instead twice letter order more'.split())
    if how == 'order': return pick.order(argv)
    if how == 'more': return [*argv, pick.one(WORDS), pick.one(WORDS)]
    if how == 'twice': return argv + argv[j:j+1]
    if how == 'letter': return [a + a[-1:]*(i == j) for i, a in enumerate(argv)]     # the last one twice
    new = [] if how == 'out' else [pick.one(WORDS)]
    return [*argv[:j], *new, *argv[j + (how != 'in'):]]

def case(c, pick, d):
    lists = _right(c)
    name = pick.one(sorted(lists))
    argv = [str(a) for a in lists[name]]
    for _ in range(pick.one([1, 1, 2, 3])): argv = _change(argv, pick)
    word, option = QUICK.get(name, ('', ''))
    if not any(word in a for a in argv): argv = [*argv, option]
    ended = command([name, *argv], d)
    (d/'output.txt').write_text(f'{[name, *argv]}\n{ended.out}{ended.err}', errors='replace')
    v, why = verdict(ended, name)
    return v, f'{name} {argv}: {why}'
