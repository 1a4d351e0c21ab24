"""Argument lists with words left out, put in, doubled or in another place: done, or refused in one line"""
from shared import SHORT, command, people, reference, train, vectors

WHOLE = 1000
OPTIONS = '--help --nope -x --out --out= --which=best --k --k=3 --seed --pa --resume --rerank --set --list'
VALUES = '-- - -1 0 nan x last 1e5 ltcc synth folder /dev/null . = é @file * epochs=0'
WORDS = [*OPTIONS.split(), *VALUES.split(), '', ' ', '\udcff', '9'*40]
# what makes a command quick, put back where a change took it away
QUICK = dict(fire2_train=('epochs=', f'--set={SHORT}'), fire2_bench=('none', '--suites=none'),
             fire2_synth=('n_ids', '--people=tiny n_ids=2 n_test_ids=2'), fire2_probe=('--n', '--n=2'))

def _right():
    "A short right list of each command"
    run, folder = reference()[0], ['folder', '--path', people()]
    query, gallery = sorted(people().glob('query/*/*'))[0], people()/'gallery'
    few = ['--people', 'tiny n_ids=2 n_test_ids=2', '--height', 16, '--width', 8]
    return dict(fire2_train=train(SHORT)[1:], fire2_eval=[run, '--which', 'best'],
                fire2_embed=[run, query, '--out', 'e.npz'], fire2_index=[run, gallery, '--out', 'i'],
                fire2_search=[run, '--query', query, '--gallery', gallery, '--k', 3, '--out', 's.png'],
                fire2_check=[*folder, '--open'], fire2_report=[run, '--which', 'best'],
                fire2_synth=['--layout', 'folder', '--out', 'o', *few, '--seed', 3],
                fire2_score=[*folder, '--feats', vectors()], fire2_compare=[run, run],
                fire2_export=[run, '--out', 'm.onnx'], fire2_bench=['--suites', 'none'],
                fire2_probe=[run, '--n', 2, '--out', 'p'])

def _change(argv, pick):
    "One word is out, another, after a further one, twice or longer; or the list begins with it"
    j, word = pick.number(0, len(argv) + 1), pick.one(WORDS)
    old = argv[j:j+1]
    new = dict(out=[], another=[word], after=[word, *old], twice=old*2, longer=[a + a[-1:] for a in old])
    changed = [*argv[:j], *new[pick.one(new)], *argv[j+1:]]
    return pick.one([*[changed]*5, argv[j:] + argv[:j]])

def case(pick, d):
    lists = _right()
    name = pick.one(sorted(lists))
    argv = [str(a) for a in lists[name]]
    for _ in range(pick.one([1, 1, 2, 3])): argv = _change(argv, pick)
    word, option = QUICK.get(name, ('', ''))
    if not any(word in a for a in argv): argv = [*argv, option]
    ended = command([name, *argv], d)
    return ended.verdict, f'{name} {argv}: {ended.why}'
